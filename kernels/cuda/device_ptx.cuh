// kernels/cuda/device.cuh for nvcc.
#pragma once
#include <cstdint>
#include <cuda_runtime.h>

#include "kernels/cuda/check.cuh"
#include "kernels/cuda/stream.h"

namespace coppice::kernels {

/// The block's shared memory, as much as the launch asked for, 128-byte aligned.
__device__ __forceinline__ unsigned char* shared_memory() {
  extern __shared__ __align__(128) unsigned char coppice_shared[];
  return coppice_shared;
}

/// The same address, known to be none of shared memory: where it was itself read from memory the compiler
/// cannot tell, and takes instructions that look first.
template <class T>
__device__ __forceinline__ T* global(T* address) {
  __builtin_assume(__isGlobal(address));
  return address;
}

/// Reads what no other block reads and nobody reads again: past the first-level cache. 16- and 8-byte
/// aligned.
__device__ __forceinline__ uint4 load_streaming(const uint4* address) {
  uint4 v;
  asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w)
               : "l"(address));
  return v;
}
__device__ __forceinline__ uint2 load_streaming(const uint2* address) {
  uint2 v;
  asm volatile("ld.global.nc.L1::no_allocate.v2.u32 {%0, %1}, [%2];" : "=r"(v.x), "=r"(v.y) : "l"(address));
  return v;
}

// Asynchronous copies (from sm_80 on): 16 or 4 bytes, both addresses aligned to that. A thread's copies up to
// a commit form a group; they are there for that thread once it waited until at most `pending` later groups
// are under way, and for the others after a barrier that follows.
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
__device__ __forceinline__ void async_copy16(void* shared, const void* global) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;"
               :
               : "r"(static_cast<std::uint32_t>(__cvta_generic_to_shared(shared))), "l"(global)
               : "memory");
}
/// The first `bytes` (0 to 16) of 16, zeros behind them.
__device__ __forceinline__ void async_copy16(void* shared, const void* global, std::uint32_t bytes) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
               :
               : "r"(static_cast<std::uint32_t>(__cvta_generic_to_shared(shared))), "l"(global), "r"(bytes)
               : "memory");
}
/// Through the first-level cache.
__device__ __forceinline__ void async_copy4(void* shared, const void* global) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4;"
               :
               : "r"(static_cast<std::uint32_t>(__cvta_generic_to_shared(shared))), "l"(global)
               : "memory");
}
__device__ __forceinline__ void async_commit() { asm volatile("cp.async.commit_group;" : : : "memory"); }
template <int pending>
__device__ __forceinline__ void async_wait() {
  asm volatile("cp.async.wait_group %0;" : : "n"(pending) : "memory");
}

/// Four 8x8 matrices of 16-bit elements from shared memory: lane i gives the address of row i % 8 of matrix i
/// / 8 (16-byte aligned) and receives in r[m] the elements 2 (i % 4), 2 (i % 4) + 1 of row i / 4 of matrix m;
/// transposed: of column i / 4. Stores to shared memory before stay before: the compiler must be told.
__device__ __forceinline__ void load_matrices(std::uint32_t (&r)[4], const void* shared_row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(static_cast<std::uint32_t>(__cvta_generic_to_shared(shared_row)))
               : "memory");
}
__device__ __forceinline__ void load_matrices_transposed(std::uint32_t (&r)[4], const void* shared_row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(static_cast<std::uint32_t>(__cvta_generic_to_shared(shared_row)))
               : "memory");
}

/// c[16x8] += a[16x16] b[16x8] in bf16 with FP32 sums (mma.m16n8k16). With g = lane / 4 and t = lane % 4 a
/// lane holds c: rows g and g + 8 (c[0..1], c[2..3]), columns 2t and 2t + 1; a: pairs (row g + 8 (i % 2),
/// columns 2t + 8 (i / 2) and the next); b: pairs (rows 2t + 8 i and the next, column g).
__device__ __forceinline__ void mma_bf16(float (&c)[4], const std::uint32_t (&a)[4],
                                         const std::uint32_t (&b)[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, %3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
#endif

/// Programmatic dependent launch (from sm_90 on; nothing before): what the launch before this one wrote may
/// be read only after the first, and the second lets the launch after this one begin.
__device__ __forceinline__ void wait_for_previous_launch() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" : : : "memory");
#endif
}
__device__ __forceinline__ void let_next_launch_begin() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;" : : : "memory");
#endif
}

struct LaunchShape {
  dim3 grid, block;
  std::int64_t shared_bytes = 0;
  CudaStream stream = nullptr;
  /// The kernel calls wait_for_previous_launch(), in every thread (ignored before sm_90).
  bool overlap_previous = false;
};

/// kernel<<<...>>>(arguments...). Throws CudaError.
template <class... Parameters, class... Arguments>
void launch(const LaunchShape& shape, void (*kernel)(Parameters...), Arguments... arguments) {
  if (shape.shared_bytes > 48 * 1024) {  // more only for who asked: for all there is, so that threads agree
    int device = 0, most = 0;
    check_cuda(cudaGetDevice(&device), "asking for shared memory");
    check_cuda(cudaDeviceGetAttribute(&most, cudaDevAttrMaxSharedMemoryPerBlockOptin, device),
               "asking for shared memory");
    check_cuda(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, most),
               "asking for shared memory");
  }
  cudaLaunchConfig_t config = {};
  config.gridDim = shape.grid;
  config.blockDim = shape.block;
  config.dynamicSmemBytes = static_cast<std::size_t>(shape.shared_bytes);
  config.stream = shape.stream;
  cudaLaunchAttribute overlap = {};
  overlap.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  overlap.val.programmaticStreamSerializationAllowed = 1;
  if (shape.overlap_previous) {
    config.attrs = &overlap;
    config.numAttrs = 1;
  }
  check_cuda(cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(arguments)...),
             "launching a kernel");
}

}  // namespace coppice::kernels
