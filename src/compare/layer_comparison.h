#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "measure/bootstrap.h"
#include "measure/calibrate.h"
#include "measure/limits.h"
#include "sparse/plan_content.h"
#include "sparse/tape.h"

namespace coppice {

/// A kernel's fastest variant on one layer.
struct KernelResult {
  std::string kernel, variant, layout;
  bool sparse = false;
  bool chosen = false;
  Interval seconds;
  double gflops_useful = 0;  ///< On the nonzeros, dense kernels too.
  double packed_bytes = 0;
};

/// Sparse against dense on one layer, from samples taken after the plan was made.
struct LayerComparison {
  std::string name, op, shape;  ///< "layer1.0.conv1", "conv", "64x576, 3x3, 32x32"
  std::int64_t batch = 1;
  double density = 1;
  double dense_flops = 0, sparse_flops = 0;
  std::vector<KernelResult> candidates;         ///< All sampled in alternation; the fastest first.
  std::string chosen, best_dense, best_sparse;  ///< Kernels; best_sparse is empty where none could run.
  /// Time of the best dense kernel in this place of the plan, with the changes of layout that it would need
  /// there, over that of the chosen kernel.
  Interval speedup;
  /// Time of the best dense kernel alone, in the layout it likes, over that of the chosen kernel, and over
  /// that of the best sparse one (0 where none).
  Interval kernel_speedup, sparse_speedup;
  TimeLimit dense_limit, sparse_limit;
  double limit_speedup = 1;
  double attained = 0;  ///< Limit of the chosen kernel's kind / its median.
  double break_even_density = 0, predicted_break_even_density = 0;
  std::string why;  ///< The choice in a sentence.
};

struct SampleOptions {
  int samples = 15;
  double seconds_per_way = 0.05;  ///< At least this much is measured of each, whatever the number of samples.
  std::function<void()> before_run = {};  ///< Before every run, untimed, to displace caches, say;
                                          ///< without it runs are warm (AlternateOptions::warm).
};

/// Times the fastest variant of every kernel that the plan knows for a step that is a layer, alternated;
/// then, for the speedups, the chosen, the best dense and the best sparse one once more, in memory allocated
/// anew. Kernels that took more than 20 times the fastest of their kind (dense, sparse) when the plan was
/// made are left out.
LayerComparison compare_layer(const WayContext& context, const Tape& tape, std::size_t step,
                              const PlannedStep& planned, const Calibration& machine,
                              const SampleOptions& options);

}  // namespace coppice
