#pragma once

namespace coppice {

/// Sets the number of OpenMP threads, LibTorch's and our own kernels' (they share one libgomp).
void set_threads(int threads);

}  // namespace coppice
