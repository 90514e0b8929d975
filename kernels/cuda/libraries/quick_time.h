#pragma once
#include <memory>
#include <vector>

#include "kernels/cuda/candidate.h"
#include "kernels/cuda/timing/random_activations.h"
#include "kernels/cuda/timing/trials.h"

struct CUevent_st;

namespace coppice::kernels {

/// Activations with random contents for a request, and a stream to try runners on. For choosing between a
/// library's algorithms, not for figures that are reported: caches are warm, and a few runs decide.
class TrialGround : public Trials {
 public:
  explicit TrialGround(const CudaRequest& request);  ///< Throws CudaError.

  /// The second of two runs.
  double glance(CudaRunner& runner) override;
  /// After two warm-ups the medians of five samples; a sample of a short run is several in a row.
  std::vector<double> seconds(const std::vector<CudaRunner*>& runners) override;

 private:
  double sample(CudaRunner& runner, int runs);

  struct Destroy {
    void operator()(CUstream_st* stream) const;
    void operator()(CUevent_st* event) const;
  };
  TrialOperands operands_;
  std::unique_ptr<CUstream_st, Destroy> stream_;
  std::unique_ptr<CUevent_st, Destroy> begin_, end_;
};

}  // namespace coppice::kernels
