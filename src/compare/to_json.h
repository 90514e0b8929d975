#pragma once
#include <nlohmann/json.hpp>

#include "compare/comparison.h"
#include "measure/figures.h"

namespace coppice {

/// A line of `layers` as RUN/compare/*.json has it; times in milliseconds.
nlohmann::ordered_json to_json(const LayerComparison& layer);

/// A line of `model`.
nlohmann::ordered_json to_json(const ModelComparison& model, double carbon_g_per_kwh);

}  // namespace coppice
