#pragma once
#include <nlohmann/json.hpp>

#include "compare/layer_comparison.h"

namespace coppice {

/// {"median", "low", "high"}, each times `scale`.
nlohmann::ordered_json to_json(const Interval& interval, double scale = 1);

/// A line of `layers` as RUN/compare/*.json has it; times in milliseconds.
nlohmann::ordered_json to_json(const LayerComparison& layer);

}  // namespace coppice
