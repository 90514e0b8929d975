#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/cuda/masked_update/traffic.h"
#include "kernels/optimiser_step.h"
#include "update_bench/update_case.h"

namespace coppice {

/// A tensor as every contender begins with it: state is zero, and so is what is pruned.
struct UpdateTensorData {
  std::vector<float> value, gradient;
  std::vector<std::uint64_t> mask;  ///< One bit an element, as kernels/cuda/masked_update; empty: all kept.
  std::int64_t count() const { return static_cast<std::int64_t>(value.size()); }
  bool kept(std::int64_t i) const {
    return mask.empty() || (mask[static_cast<std::size_t>(i / 64)] >> (i % 64) & 1) != 0;
  }
};

struct UpdateData {
  std::vector<UpdateTensorData> tensors;
  UpdateOptimizer optimizer = UpdateOptimizer::kSgd;
  std::int64_t elements() const;
  int states() const { return optimizer == UpdateOptimizer::kSgd ? 1 : 2; }
};

/// Random; each element of a prunable tensor is kept with the case's density.
UpdateData draw_update_data(const UpdateCase& what);

/// Hyperparameters that every contender takes, of every step. Weight decay keeps the weights below 1e4,
/// however many steps there are with one gradient. Adam's step counts up.
inline constexpr kernels::SgdStep kTimedSgd{1e-3, 0.9, 1e-4};
kernels::AdamStep timed_adam(std::int64_t number);

/// Bytes of the update of all tensors (kernels/cuda/masked_update/traffic.h).
kernels::UpdateTraffic traffic_of(const UpdateData& data, kernels::Pruned pruned);

/// Why `values` (of all tensors, as a contender has them after one step) are wrong against FP64; empty where
/// they are not. Looks at the first and last 2^18 elements of every tensor.
std::string wrong_after_a_step(const UpdateData& data, const std::vector<std::vector<float>>& values);

}  // namespace coppice
