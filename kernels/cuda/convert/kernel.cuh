// Activations from one layout into another. A block converts a box of 16 elements a thread. Where the same
// axis is the fastest on both sides, every thread brings and stores its elements; else they change hands in
// shared memory, so that both sides are met in whole lines.
//
// Bounds, for the bytes of conversion_bytes() on an H200: memory, bytes / 4.3e12 s, or L2, bytes / 5.5e12 s,
// where all is there. Shared memory takes and gives a word for each element: 8 / 33.4e12 s, a fifth of what
// memory needs for floats and two fifths for bf16. Instructions, most of them to find a thread's first
// elements, are some 20 an element: for bf16 on both sides a third less than there is time for.
#pragma once
#include "kernels/cuda/convert/place.cuh"
#include "kernels/cuda/elements.cuh"

namespace coppice::kernels {

/// Elements side by side, as bits; one, or a multiple of 16 bytes.
template <class Element, int count>
struct ConvertChunk {
  static constexpr bool kHalf = sizeof(Element) == 2;
  std::uint32_t bits[count];

  __device__ __forceinline__ void load(const Element* address) {
    if constexpr (count == 1) {
      bits[0] = *address;
    } else {
      const uint4* const vectors = reinterpret_cast<const uint4*>(address);
#pragma unroll
      for (int i = 0; i < count; i += kHalf ? 8 : 4) {
        const uint4 v = vectors[i / (kHalf ? 8 : 4)];
        const std::uint32_t words[4] = {v.x, v.y, v.z, v.w};
#pragma unroll
        for (int w = 0; w < 4; ++w) {
          if constexpr (kHalf) {
            bits[i + 2 * w] = words[w] & 0xffffu;
            bits[i + 2 * w + 1] = words[w] >> 16;
          } else {
            bits[i + w] = words[w];
          }
        }
      }
    }
  }
  __device__ __forceinline__ void store(Element* address) const {
    if constexpr (count == 1) {
      *address = static_cast<Element>(bits[0]);
    } else {
      uint4* const vectors = reinterpret_cast<uint4*>(address);
#pragma unroll
      for (int i = 0; i < count; i += kHalf ? 8 : 4) {
        std::uint32_t words[4];
#pragma unroll
        for (int w = 0; w < 4; ++w)
          words[w] = kHalf ? bits[i + 2 * w] | bits[i + 2 * w + 1] << 16 : bits[i + w];
        vectors[i / (kHalf ? 8 : 4)] = make_uint4(words[0], words[1], words[2], words[3]);
      }
    }
  }
};

template <class From, class To>
__device__ __forceinline__ std::uint32_t converted(std::uint32_t bits) {
  if constexpr (sizeof(From) == sizeof(To)) {
    return bits;
  } else if constexpr (sizeof(From) < sizeof(To)) {
    return bits << 16;
  } else {
    return narrow(__uint_as_float(bits));
  }
}

/// As many elements as are 16 bytes on the side where they are the smaller.
template <class From, class To, bool wide>
__global__ void __launch_bounds__(kConvertThreads)
    copy_activations_kernel(ConvertProblem p, const From* x, To* y) {
  constexpr int kSmaller = sizeof(From) < sizeof(To) ? sizeof(From) : sizeof(To);
  constexpr int kChunk = wide ? 16 / kSmaller : 1, kTurns = kConvertElements / kChunk;
  let_next_launch_begin();
  const ConvertBox box = box_of(p, blockIdx.x);
  const ConvertPlace from = place_to_read(p, threadIdx.x * kChunk);
  const ConvertPlace to = place_to_write(p, threadIdx.x * kChunk);
  const std::uint64_t room = box.room - from.at;
  x += box.from + from.offset;
  y += box.to + to.offset;
  wait_for_previous_launch();
  ConvertChunk<From, kChunk> chunks[kTurns] = {};
#pragma unroll
  for (int turn = 0; turn < kTurns; ++turn) {
    if (inside(room - p.read[turn].at)) chunks[turn].load(x + p.read[turn].offset);
  }
#pragma unroll
  for (int turn = 0; turn < kTurns; ++turn) {
    ConvertChunk<To, kChunk> result;
#pragma unroll
    for (int i = 0; i < kChunk; ++i) result.bits[i] = converted<From, To>(chunks[turn].bits[i]);
    if (inside(room - p.read[turn].at)) result.store(y + p.write[turn].offset);
  }
}

template <class From, class To, bool wide_read, bool wide_write>
__global__ void __launch_bounds__(kConvertThreads)
    permute_activations_kernel(ConvertProblem p, const From* x, To* y) {
  constexpr int kRead = wide_read ? 16 / sizeof(From) : 1, kReads = kConvertElements / kRead;
  constexpr int kWritten = wide_write ? 16 / sizeof(To) : 1, kWrites = kConvertElements / kWritten;
  std::uint32_t* const words = reinterpret_cast<std::uint32_t*>(shared_memory());
  let_next_launch_begin();
  const ConvertBox box = box_of(p, blockIdx.x);
  const ConvertPlace from = place_to_read(p, threadIdx.x * kRead);
  const ConvertPlace to = place_to_write(p, threadIdx.x * kWritten);
  const std::uint64_t room_to_read = box.room - from.at, room_to_write = box.room - to.at;
  x += box.from + from.offset;
  y += box.to + to.offset;
  wait_for_previous_launch();
  ConvertChunk<From, kRead> chunks[kReads] = {};
#pragma unroll
  for (int turn = 0; turn < kReads; ++turn) {
    if (inside(room_to_read - p.read[turn].at)) chunks[turn].load(x + p.read[turn].offset);
  }
#pragma unroll
  for (int turn = 0; turn < kReads; ++turn) {
#pragma unroll
    for (int i = 0; i < kRead; ++i)
      words[from.word + p.read[turn].word + i] = converted<From, To>(chunks[turn].bits[i]);
  }
  __syncthreads();
  const std::uint32_t next = p.axes[p.write_axis].read_shift;
#pragma unroll
  for (int turn = 0; turn < kWrites; ++turn) {
    ConvertChunk<To, kWritten> result;
#pragma unroll
    for (int i = 0; i < kWritten; ++i)
      result.bits[i] = words[to.word + p.write[turn].word + skewed(static_cast<std::uint32_t>(i) << next)];
    if (inside(room_to_write - p.write[turn].at)) result.store(y + p.write[turn].offset);
  }
}

}  // namespace coppice::kernels
