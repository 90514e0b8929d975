// Where the elements of a box are.
#pragma once
#include "kernels/cuda/convert/problem.h"
#include "kernels/cuda/device.cuh"

namespace coppice::kernels {

/// The bit above every coordinate.
inline constexpr std::uint64_t kConvertRoom = 0x8000800080008000u;

/// Of element number i in shared memory, skewed: neighbours are in different banks, and so are elements 2^n
/// apart for every n. Of numbers that share no bit the sum's word is the sum of their words.
__host__ __device__ __forceinline__ std::uint32_t skewed(std::uint32_t i) { return i + (i >> 5) + (i >> 10); }

/// Element number i as the source lies.
__host__ __device__ __forceinline__ ConvertPlace place_to_read(const ConvertProblem& p, std::uint32_t i) {
  ConvertPlace place;
  place.word = skewed(i);
  for (int a = 0; a < kConvertAxes; ++a) {
    const ConvertAxis& axis = p.axes[a];
    if (axis.bits == 0) continue;  // often, and for all threads alike
    const std::uint32_t at = (i >> axis.read_shift) & ((1u << axis.bits) - 1);
    place.offset += at * axis.from_step;
    place.at |= std::uint64_t{at} << (16 * a);
  }
  return place;
}

/// Element number i as the destination lies.
__host__ __device__ __forceinline__ ConvertPlace place_to_write(const ConvertProblem& p, std::uint32_t i) {
  ConvertPlace place;
  std::uint32_t read = 0;
  for (int a = 0; a < kConvertAxes; ++a) {
    const ConvertAxis& axis = p.axes[a];
    if (axis.bits == 0) continue;
    const std::uint32_t at = (i >> axis.write_shift) & ((1u << axis.bits) - 1);
    place.offset += at * axis.to_step;
    place.at |= std::uint64_t{at} << (16 * a);
    read |= at << axis.read_shift;
  }
  place.word = skewed(read);
  return place;
}

/// A block's box.
struct ConvertBox {
  std::int64_t from, to;  ///< Its first element.
  /// Of each axis the last coordinate that is there, plus the bit above: where coordinates are taken off and
  /// that bit is left in all four, they are in the tensor.
  std::uint64_t room;
};

__device__ __forceinline__ ConvertBox box_of(const ConvertProblem& p, std::uint32_t block) {
  ConvertBox box = {p.from_first, p.to_first, kConvertRoom};
  for (int a = 0; a < kConvertAxes; ++a) {
    const ConvertAxis& axis = p.axes[a];
    std::int64_t left = axis.size;
    if (axis.boxes > 1) {
      const std::uint32_t rest = block / axis.boxes;
      const std::int64_t first = static_cast<std::int64_t>(block - rest * axis.boxes) << axis.bits;
      block = rest;
      left -= first;
      box.from += first * axis.from_step;
      box.to += first * axis.to_step;
    }
    const std::int64_t side = std::int64_t{1} << axis.bits;
    box.room += static_cast<std::uint64_t>((left < side ? left : side) - 1) << (16 * a);
  }
  return box;
}

__device__ __forceinline__ bool inside(std::uint64_t room) { return (room & kConvertRoom) == kConvertRoom; }

}  // namespace coppice::kernels
