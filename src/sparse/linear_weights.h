#pragma once
#include <vector>

#include "kernels/layer.h"

namespace coppice {

/// The dense weights [outputs][columns] of a linear layer, its columns in the order in which an image that it
/// reads lies: kPlain or kChannelsLast.
std::vector<float> linear_weights(const kernels::Layer& layer, kernels::Order order);

}  // namespace coppice
