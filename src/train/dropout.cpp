#include "train/dropout.h"

#include "coppice/random.h"

namespace coppice {

void dropout_factors(std::uint64_t seed, std::uint64_t level, std::int64_t step, const std::string& node,
                     double rate, std::span<float> factors) {
  const Stream stream(seed, "dropout " + node, level, static_cast<std::uint64_t>(step));
  const auto kept = static_cast<float>(1 / (1 - rate));
  const auto count = static_cast<std::int64_t>(factors.size());
#pragma omp parallel for schedule(static) if (count > 4096)
  for (std::int64_t i = 0; i < count; ++i) {
    const auto place = static_cast<std::size_t>(i);
    factors[place] = stream.uniform(place) < rate ? 0.0f : kept;
  }
}

}  // namespace coppice
