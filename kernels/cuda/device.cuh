// What the source of our kernels is written against, so that two compilers take it: nvcc for the device, and
// the C++ compiler with COPPICE_CUDA_ON_HOST, where kernels/cuda/on_host runs one fiber for each thread,
// checks what hardware does not, and needs no CUDA at all. Kernels use, beside plain C++ without the standard
// library:
//   __global__, __device__, __forceinline__, __launch_bounds__, threadIdx, blockIdx, blockDim, gridDim
//   __syncthreads(), __syncwarp(mask), __threadfence(), atomicAdd on int and unsigned
//   __shfl_sync, __shfl_xor_sync, __shfl_down_sync, __shfl_up_sync, __ballot_sync, __any_sync, __all_sync
//   __popc, __ffs, __clz, __uint_as_float, __float_as_uint, __fmaf_rn, __fdiv_rn, __fsqrt_rn, min, max
//   uint2, uint4, int2, int4, float2, float4, ushort4, dim3 and their make_...
// and what is declared below. Shared memory is dynamic and reached through shared_memory() alone: on the host
// it has exactly the size of the launch. PTX stands here and nowhere else.
#pragma once
#include "kernels/cuda/stream.h"

#ifdef COPPICE_CUDA_ON_HOST
#include "kernels/cuda/on_host/device.h"
#else
#include "kernels/cuda/device_ptx.cuh"
#endif
