#pragma once

struct CUstream_st;

namespace coppice::kernels {

/// A queue of work on the device: cudaStream_t, without its header. Null is the default queue.
using CudaStream = CUstream_st*;

}  // namespace coppice::kernels
