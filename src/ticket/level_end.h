#pragma once
#include "coppice/connect.h"

#include <nlohmann/json.hpp>

namespace coppice {

/// A finished level with all that a path needs of it.
struct LevelEnd {
  PathEnd named;
  Network network;
  Tensors tensors;
  Masks masks;
  nlohmann::ordered_json data;  ///< Of run.json.
};

/// Reads it from its run. Throws BadInput where there is no such level, or its weights were not kept.
LevelEnd read_end(const LevelName& name);

/// Evaluates the line between two sets of tensors on an excerpt of the data.
LinearPath walk_between(const Network& network, const TrainConfig& train, const Data& whole, const Tensors& a,
                        const Tensors& b, const Masks& masks, const ConnectOptions& options,
                        const Device& device);

}  // namespace coppice
