#pragma once
#include "coppice/mask.h"
#include "coppice/network.h"
#include "coppice/tensor.h"

#include <cstdint>

namespace coppice {

/// A network without units that cannot matter.
struct SlimNetwork {
  Network network;
  Tensors tensors;
  Masks masks;
  std::int64_t units = 0, removed = 0;  ///< Output channels and features of all layers; those that are gone.
};

/// Removes the channels and features that change no output for any input: those that no kept weight reads on
/// a path to the logits, and those that are 0 for every input (no kept weight leads in, and what is left
/// after bias, BatchNorm and ReLU is exactly 0 ...). Channels that additions join stay or go together; the
/// logits and the image keep all of theirs; every layer keeps at least one unit. A unit that is constant but
/// not 0 stays, and a kept weight of exactly 0 counts as pruned. The outputs in evaluation mode are the same,
/// up to the order of additions. Doing it again removes nothing. Throws BadInput where tensors or masks are
/// not the network's, numbers are not finite, or pruned weights not 0.
SlimNetwork remove_dead_units(const Network& network, const Tensors& tensors, const Masks& masks);

}  // namespace coppice
