#pragma once
#include <nlohmann/json.hpp>

#include "compare/bench_networks.h"
#include "compare/bench_sweep.h"
#include "compare/bench_train.h"
#include "compare/bench_weights.h"

namespace coppice {

/// As `compare` writes a layer, with where the dense weights lie and what was read between runs.
nlohmann::ordered_json to_json(const LayerTiming& timing);
nlohmann::ordered_json to_json(const Sweep& sweep);
/// Both plans as `compare` writes a model.
nlohmann::ordered_json to_json(const NetworkTiming& timing);
nlohmann::ordered_json to_json(const TrainTiming& timing);
nlohmann::ordered_json to_json(const SkippedTensor& skipped);

}  // namespace coppice
