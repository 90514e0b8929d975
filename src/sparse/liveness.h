#pragma once
#include "coppice/network.h"

#include <cstdint>
#include <vector>

namespace coppice {

/// One flag for each channel (or feature) of an edge of the network.
using Flags = std::vector<std::uint8_t>;

/// For each node, which channels of its output matter to the logits: they are not 0 for every input, and a
/// channel that matters reads them. What does not matter may be anything finite, or missing, and what matters
/// stays as it is.
std::vector<Flags> live_channels(const Network& network, const Tensors& tensors);

/// For each node, which channels to keep: those that are live, the image's and the logits', all that
/// additions and operations by channel tie to one of them, and at least one of every layer.
std::vector<Flags> kept_channels(const Network& network, const std::vector<Flags>& live);

}  // namespace coppice
