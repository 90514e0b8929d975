// kernels/cuda/device.cuh for the C++ compiler. Each CUDA thread is a fiber that runs until it must wait for
// others; what it is given and what is checked stands in the headers below.
#pragma once
#include <cstdint>
#include <string>

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

// Others may come first, as the schedule has it. For ThreadSanitizer an atomic operation orders what is
// before and behind it, as it does on a device with a fence on both sides.
inline int atomicAdd(int* address, int value) {
  coppice::kernels::host_run::Block::running().yield();
  return __atomic_fetch_add(address, value, __ATOMIC_ACQ_REL);
}
inline unsigned atomicAdd(unsigned* address, unsigned value) {
  coppice::kernels::host_run::Block::running().yield();
  return __atomic_fetch_add(address, value, __ATOMIC_ACQ_REL);
}

namespace coppice::kernels {

inline unsigned char* shared_memory() { return host_run::Block::running().shared().data(); }

namespace host_run {

/// Plain loads are left to UBSan, which does not see every one of a struct.
template <class T>
T aligned_load(const T* address, const Site& site) {
  if (reinterpret_cast<std::uintptr_t>(address) % alignof(T))
    Block::running().fail("load_streaming at " + text(site) + ": a misaligned address");
  return *address;
}

}  // namespace host_run

inline uint4 load_streaming(const uint4* address, const host_run::Site& site = host_run::Site::current()) {
  return host_run::aligned_load(address, site);
}
inline uint2 load_streaming(const uint2* address, const host_run::Site& site = host_run::Site::current()) {
  return host_run::aligned_load(address, site);
}

template <class T>
T* global(T* address) {
  return address;
}

inline void wait_for_previous_launch() { host_run::Block::running().wait_for_previous_launch(); }
inline void let_next_launch_begin() {}

}  // namespace coppice::kernels
