#include "coppice/random.h"
#include "coppice/train.h"

#include <algorithm>

namespace coppice {

std::vector<std::uint32_t> score_examples(const Data& data, std::int64_t count, std::uint64_t seed,
                                          std::int64_t level) {
  std::vector<std::uint32_t> chosen = Stream(seed, "score", static_cast<std::uint64_t>(level))
                                          .permutation(static_cast<std::uint32_t>(data.train.size()));
  if (count < static_cast<std::int64_t>(chosen.size())) chosen.resize(static_cast<std::size_t>(count));
  for (std::uint32_t& place : chosen) place = data.train[place];
  return chosen;
}

}  // namespace coppice
