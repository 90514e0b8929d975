#pragma once
#include "coppice/network.h"

#include <cstdint>
#include <vector>

namespace coppice {

/// Stands for the image where the index of a node is expected.
inline constexpr std::size_t kImage = SIZE_MAX;

/// The indices of every node's inputs. Throws BadInput for a name that is neither "x" nor an earlier node.
std::vector<std::vector<std::size_t>> input_nodes(const Network& network);

/// The extent of every node's (first) input; those of an add are all equal.
std::vector<Extent> input_extents(const Network& network);

}  // namespace coppice
