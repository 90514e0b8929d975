// Bias, residual and ReLU in place. A thread takes 16 bytes at a time: 4 floats or 8 bf16, whose channels it
// counts up from the first one's, so that one division serves them all.
#include <stdexcept>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/elements.cuh"
#include "kernels/cuda/epilogue/epilogue.h"

namespace coppice::kernels {

namespace {

constexpr int kThreads = 256;
constexpr std::int64_t kMostBlocks = 1024;  // fill every GPU; the threads go on in strides

/// Walks over the channels of elements that lie one behind the other.
struct ChannelWalk {
  std::uint64_t channels, inner, channel, cell;  // unsigned: shorter divisions

  __device__ __forceinline__ ChannelWalk(const ChannelPlaces& places, std::int64_t element)
      : channels(static_cast<std::uint64_t>(places.channels)),
        inner(static_cast<std::uint64_t>(places.inner)) {
    const std::uint64_t row = static_cast<std::uint64_t>(element) / inner;
    cell = static_cast<std::uint64_t>(element) - row * inner;
    channel = row % channels;
  }
  __device__ __forceinline__ void step() {
    if (++cell < inner) return;
    cell = 0;
    if (++channel == channels) channel = 0;
  }
};

__device__ __forceinline__ float finish(float value, float residual, const float* bias,
                                        const ChannelWalk& walk, bool relu) {
  value += residual;
  if (bias) value += bias[walk.channel];
  return activated(value, relu);
}

/// The two bf16 of a word, or the one float.
template <bool bf16>
__device__ __forceinline__ std::uint32_t finish_word(std::uint32_t word, std::uint32_t residual,
                                                     const float* bias, ChannelWalk& walk, bool relu) {
  if constexpr (!bf16) {
    const float value = finish(__uint_as_float(word), __uint_as_float(residual), bias, walk, relu);
    walk.step();
    return __float_as_uint(value);
  } else {
    const float low = finish(widen(word & 0xffffu), widen(residual & 0xffffu), bias, walk, relu);
    walk.step();
    const float high = finish(widen(word >> 16), widen(residual >> 16), bias, walk, relu);
    walk.step();
    return narrow(low) | narrow(high) << 16;
  }
}

template <bool bf16>
__global__ void __launch_bounds__(kThreads)
    epilogue_kernel(ChannelPlaces places, const float* bias, const void* residual, bool relu, void* y) {
  constexpr std::int64_t kPerVector = bf16 ? 8 : 4;
  const std::int64_t elements = places.outer * places.channels * places.inner;
  const std::int64_t vectors = elements / kPerVector;
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * kThreads;
  uint4* const whole = static_cast<uint4*>(y);
  const uint4* const added = static_cast<const uint4*>(residual);
#pragma unroll 1  // others hide the memory's latency; unrolled, the divisions cost registers
  for (std::int64_t i = first; i < vectors; i += stride) {
    ChannelWalk walk(places, i * kPerVector);
    uint4 v = whole[i];
    const uint4 r = added ? added[i] : make_uint4(0, 0, 0, 0);
    v.x = finish_word<bf16>(v.x, r.x, bias, walk, relu);
    v.y = finish_word<bf16>(v.y, r.y, bias, walk, relu);
    v.z = finish_word<bf16>(v.z, r.z, bias, walk, relu);
    v.w = finish_word<bf16>(v.w, r.w, bias, walk, relu);
    whole[i] = v;
  }
#pragma unroll 1
  for (std::int64_t i = vectors * kPerVector + first; i < elements; i += stride) {
    const ChannelWalk walk(places, i);
    if constexpr (bf16) {
      std::uint16_t* const value = static_cast<std::uint16_t*>(y) + i;
      const float r = residual ? widen(static_cast<const std::uint16_t*>(residual)[i]) : 0;
      *value = static_cast<std::uint16_t>(narrow(finish(widen(*value), r, bias, walk, relu)));
    } else {
      float* const value = static_cast<float*>(y) + i;
      *value = finish(*value, residual ? static_cast<const float*>(residual)[i] : 0, bias, walk, relu);
    }
  }
}

bool misaligned(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer) % 16 != 0; }

}  // namespace

ChannelPlaces channel_places(const Activations& a) {
  if (a.layout.halo != 0) throw std::invalid_argument("an epilogue takes no halo");
  switch (a.layout.order) {
    case Order::kPlain: return {a.images, a.channels, a.plane()};
    case Order::kChannelsLast: return {a.images * a.plane(), a.channels, 1};
    case Order::kImagesLast: return {1, a.channels, a.plane() * a.images};
    case Order::kLanes: break;
  }
  throw std::invalid_argument("an epilogue takes no lanes");
}

void add_epilogue(const ChannelPlaces& places, Precision precision, const float* bias, const void* residual,
                  bool relu, void* y, CudaStream stream) {
  if (!y || misaligned(y) || misaligned(residual)) {
    throw std::invalid_argument("an epilogue's activations are null or not 16-byte aligned");
  }
  if (places.elements() == 0) return;
  const bool bf16 = precision == Precision::kBf16;
  const std::int64_t per_block = kThreads * std::int64_t{bf16 ? 8 : 4};
  const std::int64_t blocks = (places.elements() + per_block - 1) / per_block;
  LaunchShape shape;
  shape.grid = dim3(static_cast<unsigned>(blocks < kMostBlocks ? blocks : kMostBlocks));
  shape.block = dim3(kThreads);
  shape.stream = stream;
  launch(shape, bf16 ? epilogue_kernel<true> : epilogue_kernel<false>, places, bias, residual, relu, y);
}

}  // namespace coppice::kernels
