#pragma once
#include <string>
#include <vector>

#include "compare/bench_networks.h"

namespace coppice {

/// One row a network: its plan beside the dense baselines, and the plan whose every layer is sparse.
std::string networks_table(const std::vector<NetworkTiming>& timings);

}  // namespace coppice
