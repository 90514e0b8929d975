#include "coppice/random.h"

#include <cmath>
#include <numbers>
#include <utility>

#include "base/philox.h"

namespace coppice {

namespace {

/// Mixes a 64-bit word thoroughly (the finaliser of SplitMix64, Steele et al. 2014): turns structured inputs
/// such as (seed, level, epoch) into keys that have nothing in common.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

}  // namespace

Stream::Stream(std::uint64_t seed, std::string_view purpose, std::uint64_t level, std::uint64_t epoch) {
  std::uint64_t name = 0xcbf29ce484222325u;  // FNV-1a
  for (const char c : purpose) name = (name ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  const std::uint64_t key = mix(mix(seed) ^ name);
  const std::uint64_t salt = mix(mix(key ^ level) ^ epoch);
  key_[0] = static_cast<std::uint32_t>(key);
  key_[1] = static_cast<std::uint32_t>(key >> 32);
  salt_[0] = static_cast<std::uint32_t>(salt);
  salt_[1] = static_cast<std::uint32_t>(salt >> 32);
}

std::uint32_t Stream::bits(std::uint64_t i) const {
  const std::uint64_t block = i / 4;
  const auto out = philox4x32(
      {static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32), salt_[0], salt_[1]},
      {key_[0], key_[1]});
  return out[i % 4];
}

double Stream::uniform(std::uint64_t i) const { return bits(i) * 0x1p-32; }

double Stream::normal(std::uint64_t i) const {
  // Two uniforms make one normal; 1 - u keeps the logarithm away from 0.
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform(2 * i)));
  return radius * std::cos(2.0 * std::numbers::pi * uniform(2 * i + 1));
}

std::uint32_t Stream::below(std::uint64_t i, std::uint32_t n) const {
  return static_cast<std::uint32_t>(std::uint64_t{bits(i)} * n >> 32);
}

std::vector<std::uint32_t> Stream::permutation(std::uint32_t n) const {
  std::vector<std::uint32_t> order(n);
  for (std::uint32_t i = 0; i < n; ++i) order[i] = i;
  for (std::uint32_t i = n; i > 1; --i) std::swap(order[i - 1], order[below(i, i)]);
  return order;
}

}  // namespace coppice
