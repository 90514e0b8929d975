#pragma once
#include "coppice/network.h"

#include <cstdint>
#include <vector>

namespace coppice {

/// Who reads what in a network in evaluation mode, without the nodes that hand on their input as it is:
/// dropout, and flatten of what has one row and one column.
struct Readers {
  std::vector<std::vector<std::size_t>> inputs;  ///< By node: the nodes that it reads, kImage for the image.
  std::vector<bool> passes;  ///< By node: it hands on its input, and nobody reads it but through `inputs`.
  std::vector<std::size_t> uses;       ///< By node: how often it is read; the output counts as read once.
  std::vector<std::size_t> flat_uses;  ///< The same without linear nodes, which need no flatten before them.
  std::size_t output = 0;              ///< What makes the logits; may be kImage.
};

Readers readers_of(const Network& network);

}  // namespace coppice
