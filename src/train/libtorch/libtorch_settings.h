#pragma once

namespace coppice {

/// What makes LibTorch compute the same bits every time, set before every use because its settings belong to
/// the process: deterministic algorithms, no search for the fastest one, float as float (no TF32).
void set_deterministic(int threads);

}  // namespace coppice
