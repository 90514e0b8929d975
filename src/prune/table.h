#pragma once
#include "coppice/prune.h"

#include <string_view>

namespace coppice {

/// A row of the table of criteria.
struct Criterion {
  std::string_view name;
  Scores (*score)(const ScoreInput&);
  std::int64_t rounds = 1;  ///< How often to score on the way to each level, unless the config says so.
};

/// Throws BadInput for a name that is not in the table.
const Criterion& criterion_named(const std::string& name);

}  // namespace coppice
