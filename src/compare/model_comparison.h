#pragma once
#include "coppice/energy.h"
#include "coppice/network.h"
#include "coppice/plan.h"
#include "coppice/tensor.h"

#include <cstdint>
#include <string>

#include "compare/layer_comparison.h"
#include "measure/bootstrap.h"
#include "measure/calibrate.h"

namespace coppice {

/// Energy of one call (all images of the batch), where it can be told.
struct CallEnergy {
  Energy plan, dense;
  double busy = 0;  ///< CPU time over wall time x cores while the plan ran.
};

/// A network's plan against the dense baselines, for one batch: medians of calls, from samples taken after
/// the plan was made, all in alternation.
struct ModelComparison {
  std::int64_t batch = 1;
  int threads = 1;
  std::string runs;  ///< What the plan runs: Plan::runs.
  Interval plan;     ///< Seconds, as all times here.
  /// (a): the unpruned network with BatchNorm folded, in the fastest way that LibTorch offers.
  std::string dense_kernel;
  Interval dense;
  /// (b): the same without the dead units, which the plan drops too.
  std::string slim_kernel;
  Interval slim;
  Interval speedup, slim_speedup;            ///< Of the plan over (a) and over (b).
  double dense_flops = 0, sparse_flops = 0;  ///< Of the unpruned network's layers; of the ticket's nonzeros.
  std::int64_t units = 0, dead_units = 0;
  /// Sums over the layers of the least times possible: dense of (a), and of the plan (each layer in its
  /// cheaper kind).
  double dense_limit = 0, plan_limit = 0;
  double limit_speedup = 1;
  double attained = 0;  ///< plan_limit / plan.
  std::int64_t packed_bytes = 0, dense_weight_bytes = 0;
  double max_rel_error =
      0;  ///< Of the plan's logits against the ticket's on dense kernels: max |difference| / max |logit|.
  CallEnergy energy;
};

/// Why the energy is unavailable where it was not to be measured.
inline constexpr const char* kNotAskedFor = "not asked for";

struct EnergySettings {
  double assume_watts = 0;
  bool measure = true;  ///< False: energy is not asked for (quick looks), and said to be unavailable.
};

/// `dense` and `ticket` are tensors of `network`, unpruned and pruned; `images` [batch, channels, height,
/// width].
ModelComparison compare_model(const Network& network, const Tensors& dense, const Tensors& ticket, Plan& plan,
                              const float* images, const Calibration& machine, const SampleOptions& options,
                              const EnergySettings& energy);

}  // namespace coppice
