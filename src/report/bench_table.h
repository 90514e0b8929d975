#pragma once
#include <string>
#include <vector>

#include "compare/bench_sweep.h"
#include "compare/bench_weights.h"

namespace coppice {

/// One row a layer: the best dense and the best sparse kernel, what the choice gains, and the limits.
std::string layers_table(const std::vector<LayerTiming>& timings);

/// One table a layer, each followed by the measured and the predicted break-even density.
std::string sweeps_table(const std::vector<Sweep>& sweeps);

/// Where the shapes of a file's layers come from and what was skipped, reasons counted.
std::string weights_note(const std::string& path, const WeightsFile& file);

}  // namespace coppice
