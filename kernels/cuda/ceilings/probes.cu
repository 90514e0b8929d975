#include <stdexcept>

#include <climits>

#include "kernels/cuda/ceilings/probes.h"
#include "kernels/cuda/device.cuh"

namespace coppice::kernels {

namespace {

constexpr unsigned kWholeWarp = 0xffffffffu;

/// Adds up what the threads of each warp found; all of them must come.
__device__ __forceinline__ void add_to(unsigned* sum, unsigned found) {
  for (int distance = 16; distance > 0; distance /= 2) found += __shfl_xor_sync(kWholeWarp, found, distance);
  if (threadIdx.x % 32 == 0) atomicAdd(sum, found);
}

__device__ __forceinline__ unsigned words_of(uint4 v) { return v.x + v.y + v.z + v.w; }

__global__ void __launch_bounds__(1024)
    read_kernel(const uint4* data, std::int64_t count, int passes, unsigned* sum) {
  const std::int64_t step = std::int64_t{gridDim.x} * blockDim.x;
  unsigned found = 0;
  for (int pass = 0; pass < passes; ++pass) {
    const unsigned block = (blockIdx.x + static_cast<unsigned>(pass)) % gridDim.x;
    std::int64_t i = std::int64_t{block} * blockDim.x + threadIdx.x;
    for (; i + 3 * step < count; i += 4 * step) {  // four loads under way
      const uint4 a = load_streaming(data + i), b = load_streaming(data + i + step);
      const uint4 c = load_streaming(data + i + 2 * step), d = load_streaming(data + i + 3 * step);
      found += words_of(a) + words_of(b) + words_of(c) + words_of(d);
    }
    for (; i < count; i += step) found += words_of(load_streaming(data + i));
  }
  add_to(sum, found);
}

__device__ __forceinline__ void fill_shared() {
  unsigned* words = reinterpret_cast<unsigned*>(shared_memory());
  for (unsigned i = threadIdx.x; i < kSharedWords; i += blockDim.x) words[i] = i * kSharedFactor;
  __syncthreads();
}

__global__ void __launch_bounds__(1024) gather_kernel(int steps, unsigned* sum) {
  fill_shared();
  const unsigned* words = reinterpret_cast<const unsigned*>(shared_memory());
  unsigned state = kGatherSeed * (blockIdx.x * blockDim.x + threadIdx.x + 1), found = 0;
  for (int step = 0; step < steps; step += 4) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      state = 1664525u * state + 1013904223u;
      found += words[state >> 20];
    }
  }
  add_to(sum, found);
}

__global__ void __launch_bounds__(1024) read_shared_kernel(int steps, unsigned* sum) {
  fill_shared();
  const uint4* quads = reinterpret_cast<const uint4*>(shared_memory());
  unsigned at = threadIdx.x, found = 0;
  for (int step = 0; step < steps; step += 4) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      found += words_of(quads[at % (kSharedWords / 4)]);
      at += blockDim.x;
    }
  }
  add_to(sum, found);
}

__global__ void __launch_bounds__(1024) fma_kernel(int steps, float factor, float addend, unsigned* sum) {
  float c[kFmaChains];
#pragma unroll
  for (int i = 0; i < kFmaChains; ++i) c[i] = static_cast<float>(i + static_cast<int>(threadIdx.x % 32));
#pragma unroll 4
  for (int step = 0; step < steps; ++step) {
#pragma unroll
    for (int i = 0; i < kFmaChains; ++i) c[i] = __fmaf_rn(c[i], factor, addend);
  }
  unsigned found = 0;
#pragma unroll
  for (int i = 0; i < kFmaChains; ++i) found += static_cast<unsigned>(static_cast<int>(c[i]));
  add_to(sum, found);
}

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
/// Two small whole numbers as bf16, the first in the low half.
__device__ __forceinline__ unsigned pair_of(int first, int second) {
  return __float_as_uint(static_cast<float>(first)) >> 16 |
         (__float_as_uint(static_cast<float>(second)) & 0xffff0000u);
}
__device__ __forceinline__ int a_at(int i, int k) { return (3 * i + 5 * k) % 7 - 3; }
__device__ __forceinline__ int b_at(int k, int j) { return (2 * k + 3 * j) % 5 - 2; }
#endif

__global__ void __launch_bounds__(1024) mma_kernel(int steps, unsigned* sum) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
  const int lane = static_cast<int>(threadIdx.x % 32), group = lane / 4, t = lane % 4;
  std::uint32_t a[4], b[2];
  for (int i = 0; i < 4; ++i) {
    const int row = group + 8 * (i % 2), column = 2 * t + 8 * (i / 2);
    a[i] = pair_of(a_at(row, column), a_at(row, column + 1));
  }
  for (int i = 0; i < 2; ++i) {
    const int row = 2 * t + 8 * i;
    b[i] = pair_of(b_at(row, group), b_at(row + 1, group));
  }
  float c[kMmaTiles][4] = {};
  for (int step = 0; step < steps; ++step) {
#pragma unroll
    for (int tile = 0; tile < kMmaTiles; ++tile) mma_bf16(c[tile], a, b);
  }
  unsigned found = 0;
  for (int tile = 0; tile < kMmaTiles; ++tile) {
    for (int i = 0; i < 4; ++i) found += static_cast<unsigned>(static_cast<int>(c[tile][i]));
  }
  add_to(sum, found);
#endif
}

__global__ void empty_kernel(unsigned* sum) {
  if (blockIdx.x == 0 && threadIdx.x == 0) atomicAdd(sum, 1u);
}

__global__ void overlapped_kernel(unsigned* sum) {
  let_next_launch_begin();
  wait_for_previous_launch();
  if (blockIdx.x == 0 && threadIdx.x == 0) atomicAdd(sum, 1u);
}

LaunchShape shape_of(ProbeGrid grid, CudaStream stream, std::int64_t shared_bytes = 0) {
  if (grid.blocks < 1 || grid.blocks > INT_MAX || grid.threads < 32 || grid.threads > 1024 ||
      grid.threads % 32 != 0)
    throw std::invalid_argument("a probe runs in blocks of 32 to 1024 threads, a multiple of 32");
  LaunchShape shape;
  shape.grid = dim3(static_cast<unsigned>(grid.blocks));
  shape.block = dim3(static_cast<unsigned>(grid.threads));
  shape.shared_bytes = shared_bytes;
  shape.stream = stream;
  return shape;
}

void check_steps(int steps, int multiple) {
  if (steps < 0 || steps % multiple != 0)
    throw std::invalid_argument("a probe's steps are no multiple of its unrolled loop");
}

constexpr std::int64_t kSharedBytes = 4 * kSharedWords;

}  // namespace

void probe_read(const void* data, std::int64_t bytes, int passes, ProbeGrid grid, std::uint32_t* sum,
                CudaStream stream) {
  if (bytes < 0 || bytes % 16 != 0 || reinterpret_cast<std::uintptr_t>(data) % 16 != 0)
    throw std::invalid_argument("a probe reads whole 16 bytes, aligned");
  launch(shape_of(grid, stream), read_kernel, static_cast<const uint4*>(data), bytes / 16, passes, sum);
}

void probe_gather_shared(int steps, ProbeGrid grid, std::uint32_t* sum, CudaStream stream) {
  check_steps(steps, 4);
  launch(shape_of(grid, stream, kSharedBytes), gather_kernel, steps, sum);
}

void probe_read_shared(int steps, ProbeGrid grid, std::uint32_t* sum, CudaStream stream) {
  check_steps(steps, 4);
  launch(shape_of(grid, stream, kSharedBytes), read_shared_kernel, steps, sum);
}

void probe_fma(int steps, float factor, float addend, ProbeGrid grid, std::uint32_t* sum, CudaStream stream) {
  check_steps(steps, 1);
  launch(shape_of(grid, stream), fma_kernel, steps, factor, addend, sum);
}

void probe_mma(int steps, ProbeGrid grid, std::uint32_t* sum, CudaStream stream) {
  check_steps(steps, 1);
  launch(shape_of(grid, stream), mma_kernel, steps, sum);
}

void probe_launch(bool overlap, ProbeGrid grid, std::uint32_t* sum, CudaStream stream) {
  LaunchShape shape = shape_of(grid, stream);
  shape.overlap_previous = overlap;
  launch(shape, overlap ? overlapped_kernel : empty_kernel, sum);
}

}  // namespace coppice::kernels
