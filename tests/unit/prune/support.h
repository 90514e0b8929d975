#pragma once
// What the tests of this folder share.
#include "coppice/prune.h"

#include <string>
#include <utility>
#include <vector>

namespace coppice {

inline Masks masks_of(const std::vector<std::pair<std::string, std::vector<std::int64_t>>>& tensors) {
  Masks masks;
  for (const auto& [name, shape] : tensors) masks.push_back({name, Mask::ones(shape)});
  return masks;
}

/// A weight tensor [1, n].
inline Tensor row(const std::vector<float>& values) {
  Tensor tensor = Tensor::zeros(DType::kF32, {1, static_cast<std::int64_t>(values.size())});
  std::copy(values.begin(), values.end(), tensor.as<float>().begin());
  return tensor;
}

/// Answers with what a test puts there, and remembers what it was asked.
class FakeDerivatives : public Derivatives {
 public:
  PerWeight answer, hessian_answer;
  PerWeight direction;  ///< The last v.
  std::vector<double> temperatures;
  std::vector<std::int64_t> kept_when_asked;

  PerWeight gradient(const Masks& masks, const Tensors&, double temperature) override {
    temperatures.push_back(temperature);
    return asked(masks);
  }
  PerWeight hessian_times(const Masks&, const Tensors&, const PerWeight& v, double temperature) override {
    temperatures.push_back(temperature);
    direction = v;
    return hessian_answer;
  }
  PerWeight squared_gradient(const Masks& masks, const Tensors&) override { return asked(masks); }
  PerWeight fisher_diagonal(const Masks& masks, const Tensors&) override { return asked(masks); }
  PerWeight synaptic_flow(const Masks& masks, const Tensors&) override { return asked(masks); }

 private:
  PerWeight asked(const Masks& masks) {
    kept_when_asked.push_back(kept(masks));
    return answer;
  }
};

}  // namespace coppice
