#include "cuda_bench/own_predictions.h"

#include "cuda_bench/contenders.h"
#include "cuda_bench/own_limits.h"

namespace coppice {

namespace {

/// The first reason, where every pair of layouts is refused.
std::string refusal_of(const kernels::CudaCandidate& candidate, const CudaCase& what,
                       const kernels::Layer& layer, const kernels::CudaDevice& device) {
  std::string first;
  for (const auto& [in, out] : layouts_to_try(layer.shape, what.images)) {
    const std::string why = candidate.refusal({layer, what.images, what.precision, in, out, device});
    if (why.empty()) return "";
    if (first.empty()) first = why;
  }
  return first;
}

}  // namespace

std::vector<OwnPrediction> own_predictions(const CudaCase& what, const kernels::Layer& layer,
                                           const kernels::CudaCandidates& own,
                                           const kernels::CudaDevice& device, const MachineRates& machine) {
  const CudaWork work = cuda_work(what.shape, what.images, layer.weights.density(), what.precision);
  std::vector<OwnPrediction> predictions;
  for (const auto& candidate : own) {
    OwnPrediction prediction = {candidate->name(), refusal_of(*candidate, what, layer, device), {}};
    if (prediction.refusal.empty())
      prediction.limit = own_cuda_limit(prediction.kernel, work, {}, machine, what.caches);
    predictions.push_back(std::move(prediction));
  }
  return predictions;
}

}  // namespace coppice
