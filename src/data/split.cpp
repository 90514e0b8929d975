#include "data/split.h"

#include "coppice/error.h"
#include "coppice/random.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"

namespace coppice {

std::int64_t Data::count(Split split) const {
  switch (split) {
    case Split::kTrain: return static_cast<std::int64_t>(train.size());
    case Split::kValidation: return static_cast<std::int64_t>(validation.size());
    case Split::kTest: return test.count();
  }
  return 0;
}

std::uint32_t Data::index(Split split, std::int64_t i) const {
  const auto place = static_cast<std::size_t>(i);
  if (split == Split::kTrain) return train.at(place);
  if (split == Split::kValidation) return validation.at(place);
  return static_cast<std::uint32_t>(i);
}

namespace data {

/// The first `keep` of `from` in the stream's order, ascending; the rest, ascending, in `others` where asked.
static std::vector<std::uint32_t> choose(const std::vector<std::uint32_t>& from, std::int64_t keep,
                                         const Stream& stream, std::vector<std::uint32_t>* others) {
  const std::vector<std::uint32_t> order = stream.permutation(static_cast<std::uint32_t>(from.size()));
  std::vector<bool> chosen(from.size());
  for (std::int64_t i = 0; i < keep; ++i) chosen[order[static_cast<std::size_t>(i)]] = true;
  std::vector<std::uint32_t> kept;
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (chosen[i]) {
      kept.push_back(from[i]);
    } else if (others != nullptr) {
      others->push_back(from[i]);
    }
  }
  return kept;
}

void split(Data& data, const DataConfig& config) {
  const std::int64_t count = data.pool.count();
  if (config.validation < 0)
    throw BadInput(fmt::format("data.validation: {} is negative; 0 holds nothing out", config.validation));
  if (config.validation >= count) {
    throw BadInput(
        fmt::format("data.validation: {} examples cannot be held out of {}, some must be left to train on",
                    grouped(config.validation), grouped(count)));
  }
  if (!(config.subset > 0.0 && config.subset <= 1.0))
    throw BadInput(fmt::format("data.subset: {} is not above 0 and at most 1", config.subset));

  std::vector<std::uint32_t> all(static_cast<std::size_t>(count)), rest;
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint32_t>(i);
  data.validation = choose(all, config.validation, Stream(0, "data-validation"), &rest);
  const auto wanted =
      static_cast<std::int64_t>(std::floor(config.subset * static_cast<double>(rest.size()) + 0.5));
  const auto keep = std::clamp<std::int64_t>(wanted, 1, static_cast<std::int64_t>(rest.size()));
  data.train = choose(rest, keep, Stream(0, "data-subset"), nullptr);
}

}  // namespace data
}  // namespace coppice
