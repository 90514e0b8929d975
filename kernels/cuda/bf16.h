#pragma once
#include <bit>
#include <cstdint>

namespace coppice::kernels {

/// A number in bf16: the upper half of a float.
using Bf16 = std::uint16_t;

/// To nearest, ties to even, as the hardware and PyTorch round; NaN stays NaN.
constexpr Bf16 to_bf16(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<Bf16>((bits >> 16) | 0x40u);
  return static_cast<Bf16>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

constexpr float from_bf16(Bf16 value) { return std::bit_cast<float>(std::uint32_t{value} << 16); }

}  // namespace coppice::kernels
