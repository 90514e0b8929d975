#pragma once
#include "coppice/energy.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/machine.h"
#include "compare/layer_comparison.h"
#include "compare/model_comparison.h"

namespace coppice {

struct CompareOptions {
  std::int64_t level = -1;  ///< -1: the ticket's; without a ticket the sparsest whose weights are there.
  std::vector<std::int64_t> batches = {1, 16, 128};
  std::string layer_glob =
      "*";  ///< Layers to be compared one by one; the networks are compared whatever it says.
  bool force_sparse = false;
  bool replan = false;  ///< Time everything again, even if a plan is kept.
  int threads = 1;
  SampleOptions samples;
  EnergySettings energy;
  std::function<void(const std::string&)> progress;  ///< Told what begins.
};

/// On the whole test set, as a fraction.
struct TestAccuracy {
  std::int64_t images = 0;
  std::optional<double> dense;  ///< Of level 0, on dense kernels; none where its weights were not kept.
  double ticket_dense_kernels = 0, ticket_sparse_kernels = 0;
};

/// What `coppice compare` found: RUN/compare/cpu-level-NN.json.
struct Comparison {
  std::string run;
  std::int64_t level = 0;
  double density = 1;  ///< Of the prunable weights.
  Machine machine;
  Calibration calibration;
  TestAccuracy accuracy;
  std::vector<ModelComparison> models;  ///< By batch.
  std::vector<LayerComparison> layers;  ///< By batch, then in order of execution.
  double carbon_g_per_kwh = 0;
  std::vector<std::string> notes;  ///< What the reader should know: no ticket, a plan made anew, ...
  std::string file;                ///< Where the JSON was written.
};

/// Runs the chosen level of a run sparse and dense, on its own test images, and writes the JSON. Plans are
/// kept in RUN/compare/plans. Throws BadInput (no run, no such level, a batch above the test set, a glob that
/// matches no layer), Failure, Interrupted.
Comparison compare_run(const std::string& folder, const CompareOptions& options);

/// As the file has it.
nlohmann::ordered_json to_json(const Comparison& comparison);

}  // namespace coppice
