#pragma once
#include "kernels/cuda/timing/random_activations.h"
#include "kernels/cuda/timing/trials.h"

namespace coppice::kernels {

/// Where a layer finds its weights when its turn comes: in memory where the network's weights together are
/// more than L2 holds, else in the cache. Activations were just written, and are in the cache always.
enum class WeightsFrom { kCache, kMemory };

/// Times runners on the current device as a network runs them: in graphs, on random activations.
class GraphTrials final : public Trials {
 public:
  /// Throws CudaError.
  GraphTrials(const CudaRequest& request, WeightsFrom weights);

  double glance(CudaRunner& runner) override;  ///< Weights in the cache.
  /// Medians of seven samples, of about a millisecond each where a run is short. For weights in memory every
  /// runner has replicas that it takes turns with, as many as hold three times L2, but not more than 64.
  std::vector<double> seconds(const std::vector<CudaRunner*>& runners) override;

 private:
  TrialOperands operands_;
  WeightsFrom weights_;
  std::int64_t l2_bytes_;
};

}  // namespace coppice::kernels
