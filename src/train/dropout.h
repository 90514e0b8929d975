#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace coppice {

/// The factors that a dropout node multiplies its input with in one training step: 0 with probability `rate`,
/// else 1 / (1 - rate). A pure function of (seed, level, step, node, place), the same on every device.
void dropout_factors(std::uint64_t seed, std::uint64_t level, std::int64_t step, const std::string& node,
                     double rate, std::span<float> factors);

}  // namespace coppice
