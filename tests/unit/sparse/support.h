#pragma once
// What the tests of this folder share: networks as lists of nodes, tensors by hand, comparison of logits.
#include <algorithm>
#include <cmath>

#include "gtest/gtest.h"
#include "support/random_network.h"
#include "support/reference_program.h"
#include "unit/model/networks.h"

namespace coppice {

/// Checks that two lists of logits agree to 1e-4 of the largest: weights are rounded to float once they are
/// folded.
inline void expect_same_logits(const std::vector<double>& actual, const std::vector<double>& expected,
                               double tolerance = 1e-4) {
  ASSERT_EQ(actual.size(), expected.size());
  double largest = 1e-3, difference = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_TRUE(std::isfinite(actual[i])) << i;
    largest = std::max(largest, std::abs(expected[i]));
    difference = std::max(difference, std::abs(actual[i] - expected[i]));
  }
  EXPECT_LE(difference, tolerance * largest);
}

/// Tensors with every weight `weight`, every bias 0, and BatchNorms that do next to nothing.
inline Tensors plain_tensors(const Network& network, float weight = 1) {
  Tensors tensors;
  for (const TensorSpec& spec : tensor_specs(network)) {
    Tensor& tensor = tensors[spec.name] = Tensor::zeros(spec.dtype, spec.shape);
    if (spec.role == Role::kBatchCount) continue;
    const float value = spec.role == Role::kWeight                                    ? weight
                        : spec.role == Role::kScale || spec.role == Role::kRunningVar ? 1.0f
                                                                                      : 0.0f;
    for (float& one : tensor.as<float>()) one = value;
  }
  return tensors;
}

/// Makes [begin, end) of a tensor equal to `value`.
inline void fill(Tensors& tensors, const std::string& name, std::size_t begin, std::size_t end, float value) {
  const auto values = tensors.at(name).as<float>();
  ASSERT_LE(end, values.size());
  std::fill(values.begin() + static_cast<std::ptrdiff_t>(begin),
            values.begin() + static_cast<std::ptrdiff_t>(end), value);
}

}  // namespace coppice
