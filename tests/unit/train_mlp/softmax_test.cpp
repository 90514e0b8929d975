#include "train/mlp/softmax.h"

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace coppice {
namespace {

TEST(MlpSoftmax, AgreesWithDoublePrecision) {
  std::mt19937 random(1);
  for (const float spread : {0.1f, 3.0f, 40.0f, 500.0f}) {
    for (const int classes : {1, 2, 10, 37}) {
      std::uniform_real_distribution<float> uniform(-spread, spread);
      std::vector<float> logits(static_cast<std::size_t>(classes)), gradient(logits.size());
      for (float& x : logits) x = uniform(random);
      const int label = static_cast<int>(random() % static_cast<unsigned>(classes));
      const ExampleLoss seen = softmax_cross_entropy(logits.data(), classes, label, 0.25f, gradient.data());
      double top = logits[0], sum = 0;
      for (const float x : logits) top = std::max<double>(top, x);
      for (const float x : logits) sum += std::exp(x - top);
      EXPECT_NEAR(seen.loss, std::log(sum) + top - logits[static_cast<std::size_t>(label)],
                  1e-6 * (1 + seen.loss));
      for (int j = 0; j < classes; ++j) {
        const double expected =
            0.25 * (std::exp(logits[static_cast<std::size_t>(j)] - top) / sum - (j == label));
        EXPECT_NEAR(gradient[static_cast<std::size_t>(j)], expected, 1e-7);
      }
    }
  }
}

TEST(MlpSoftmax, OfEqualLogitsTheFirstIsTheAnswer) {
  const std::vector<float> logits = {1, 3, 3, 2};
  std::vector<float> gradient(4);
  EXPECT_FALSE(softmax_cross_entropy(logits.data(), 4, 0, 1, gradient.data()).hit);
  EXPECT_TRUE(softmax_cross_entropy(logits.data(), 4, 1, 1, gradient.data()).hit);
  EXPECT_FALSE(softmax_cross_entropy(logits.data(), 4, 2, 1, gradient.data()).hit);
}

TEST(MlpSoftmax, LossIsNotFiniteWhereALogitIsNot) {
  std::vector<float> gradient(3);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    for (std::size_t place = 0; place < 3; ++place) {
      std::vector<float> logits = {1, 2, 0};
      logits[place] = bad;
      EXPECT_FALSE(std::isfinite(softmax_cross_entropy(logits.data(), 3, 2, 1, gradient.data()).loss));
    }
  }
}

}  // namespace
}  // namespace coppice
