// kernels/cuda/device.cuh for the C++ compiler. Each CUDA thread is a fiber that runs until it must wait for
// others; what it is given and what is checked stands in the headers below.
#pragma once

#include "kernels/cuda/on_host/async.h"
#include "kernels/cuda/on_host/block.h"
#include "kernels/cuda/on_host/collectives.h"
#include "kernels/cuda/on_host/intrinsics.h"
#include "kernels/cuda/on_host/launch.h"
#include "kernels/cuda/on_host/matrix.h"
#include "kernels/cuda/on_host/types.h"

inline const uint3& threadIdx = coppice::kernels::host_run::indices.thread;
inline const uint3& blockIdx = coppice::kernels::host_run::indices.block;
inline const dim3& blockDim = coppice::kernels::host_run::indices.block_shape;
inline const dim3& gridDim = coppice::kernels::host_run::indices.grid_shape;

/// Fibers see each other's writes at once.
inline void __threadfence() {}

// Others may come first, as the schedule has it.
inline int atomicAdd(int* address, int value) {
  coppice::kernels::host_run::Block::running().yield();
  const int old = *address;
  *address = static_cast<int>(static_cast<unsigned>(old) + static_cast<unsigned>(value));
  return old;
}
inline unsigned atomicAdd(unsigned* address, unsigned value) {
  coppice::kernels::host_run::Block::running().yield();
  const unsigned old = *address;
  *address = old + value;
  return old;
}

namespace coppice::kernels {

inline unsigned char* shared_memory() { return host_run::Block::running().shared().data(); }

/// UBSan checks the alignment.
inline uint4 load_streaming(const uint4* address) { return *address; }
inline uint2 load_streaming(const uint2* address) { return *address; }

inline void wait_for_previous_launch() { host_run::Block::running().thread().waited_for_previous = true; }
inline void let_next_launch_begin() {}

}  // namespace coppice::kernels
