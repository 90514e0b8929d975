#pragma once
#include "coppice/train.h"

#include <memory>
#include <string>

namespace coppice {

/// Whether the engine below trains this network: a chain of flatten, linear and ReLU, in fp32, on the CPU.
/// Otherwise says why not in `why`, which may be null.
bool mlp_can_train(const Network& network, const TrainConfig& config, const Device& device, std::string* why);

/// An engine of our own for such networks: three to five times less overhead than a general framework's, with
/// the same bits for every number of threads. Throws BadInput where it cannot train the network, or where the
/// data are not the network's. References must outlive the engine.
std::unique_ptr<Engine> make_mlp_engine(const Network& network, const Data& data, const TrainConfig& config,
                                        const Device& device);

}  // namespace coppice
