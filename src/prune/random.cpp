// Uniform on [0, 1), from the stream (seed, "prune/" + tensor, level): the baseline of every comparison.
#include "coppice/random.h"

#include "prune/criterion.h"

namespace coppice {

Scores random_scores(const ScoreInput& input) {
  std::vector<Stream> streams;
  for (const NamedMask& named : input.masks)
    streams.emplace_back(input.seed, "prune/" + named.name, static_cast<std::uint64_t>(input.level));
  return score_survivors(input,
                         [&](std::size_t layer, std::size_t i, float) { return streams[layer].uniform(i); });
}

}  // namespace coppice
