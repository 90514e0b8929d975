#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace coppice {

/// What a criterion sees of one prunable tensor after training.
struct ScoreInput {
  const std::string& name;
  std::span<const float> weights;
  std::uint64_t seed;
  std::int64_t level;
};

/// |w|. Source: Han et al. 2015; Frankle & Carbin 2019.
std::vector<float> magnitude_scores(const ScoreInput& input);

/// Uniform on [0, 1), from the stream (seed, "prune/" + name, level): the baseline of every comparison.
std::vector<float> random_scores(const ScoreInput& input);

}  // namespace coppice
