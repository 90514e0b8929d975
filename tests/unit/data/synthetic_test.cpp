#include "coppice/data.h"
#include "coppice/random.h"

#include <algorithm>
#include <cmath>
#include <omp.h>

#include "support/data_files.h"

namespace coppice {
namespace {

DataConfig synthetic(std::vector<std::int64_t> shape, std::int64_t classes, std::int64_t examples,
                     std::uint64_t seed = 1) {
  DataConfig config = config_of("synthetic", "");
  config.synthetic_shape = std::move(shape);
  config.synthetic_classes = classes;
  config.synthetic_examples = examples;
  config.synthetic_seed = seed;
  return config;
}

TEST(Synthetic, HasTheShapeAskedFor) {
  const Data data = load_data(synthetic({3, 9, 14}, 7, 601));
  EXPECT_EQ(data.classes, 7);
  EXPECT_EQ(data.pool.image, (Extent{3, 9, 14, false}));
  EXPECT_EQ(data.pool.pixels.dtype, DType::kU8);
  EXPECT_EQ(data.test.count(), 100);
  EXPECT_EQ(data.pool.count(), 501);
  EXPECT_EQ(data.pool.pixels.shape, (std::vector<std::int64_t>{501, 3, 9, 14}));
  for (std::int32_t label = 0; label < 7; ++label)
    EXPECT_NEAR(static_cast<double>(std::ranges::count(data.pool.labels, label)), 501.0 / 7, 1.0);
  EXPECT_EQ(load_data(synthetic({1, 1, 1}, 2, 6)).test.count(), 1);
}

TEST(Synthetic, TheSameConfigGivesTheSameBytesEverywhere) {
  // Computed with NumPy from the streams' definition, and written down: what is learnt on one machine must be
  // what is learnt on another, and stay so.
  const int before = omp_get_max_threads();
  for (const int threads : {1, 3}) {
    omp_set_num_threads(threads);
    EXPECT_EQ(load_data(synthetic({2, 11, 10}, 5, 600)).sha256,
              "2dbaea7312fb781ca086d7682e97dfa702db0ed9ba44c05a55e74f5d5b4c3dd8");
  }
  omp_set_num_threads(before);
  EXPECT_NE(load_data(synthetic({2, 11, 10}, 5, 600, 2)).sha256,
            load_data(synthetic({2, 11, 10}, 5, 600)).sha256);
}

TEST(Synthetic, RefusesImpossibleShapes) {
  const auto failure = [](const DataConfig& config) { return complaint([&] { load_data(config); }); };
  expect_words(failure(synthetic({28, 28}, 10, 600)), {"data.synthetic_shape", "channels, height, width"});
  expect_words(failure(synthetic({1, 0, 28}, 10, 600)), {"data.synthetic_shape"});
  expect_words(failure(synthetic({1, 8, 8}, 1, 600)), {"data.synthetic_classes", "between 2"});
  expect_words(failure(synthetic({1, 8, 8}, 10, 5)), {"data.synthetic_examples", "below 6"});
  expect_words(failure(synthetic({1000, 1000, 1000}, 10, 12000)),
               {"data.synthetic_examples", "ask for fewer"});
  expect_words(failure(synthetic({1, 8, 8}, 10, std::int64_t{1} << 62)), {"data.synthetic_examples"});
}

/// Plain SGD on a network with one hidden layer of rectifiers (none: a linear model); test accuracy after
/// `epochs`.
double accuracy(const Data& data, std::size_t hidden, int epochs) {
  const auto inputs = static_cast<std::size_t>(data.pool.image.size());
  const auto classes = static_cast<std::size_t>(data.classes);
  const std::size_t features = hidden == 0 ? inputs : hidden;
  const Stream stream(9, "synthetic-test");
  std::vector<double> w1(hidden * inputs), b1(hidden), w2(classes * features), b2(classes);
  for (std::size_t i = 0; i < w1.size(); ++i)
    w1[i] = stream.normal(i) * std::sqrt(2.0 / static_cast<double>(inputs));
  for (std::size_t i = 0; i < w2.size(); ++i)
    w2[i] = hidden == 0 ? 0 : stream.normal(w1.size() + i) * std::sqrt(2.0 / static_cast<double>(hidden));
  std::vector<float> x(inputs);
  std::vector<double> h(features), p(classes), g(features);
  const auto forward = [&](Split split, std::uint32_t index) {
    gather(data, split, std::span(&index, 1), {}, x.data());
    for (std::size_t j = 0; j < features; ++j) {
      double sum = hidden == 0 ? static_cast<double>(x[j]) : b1[j];
      for (std::size_t i = 0; hidden != 0 && i < inputs; ++i)
        sum += w1[j * inputs + i] * static_cast<double>(x[i]);
      h[j] = hidden == 0 ? sum : std::max(sum, 0.0);
    }
    for (std::size_t k = 0; k < classes; ++k) {
      p[k] = b2[k];
      for (std::size_t j = 0; j < features; ++j) p[k] += w2[k * features + j] * h[j];
    }
  };
  const double rate = 0.01;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    for (const std::uint32_t place : Stream(9, "order", 0, static_cast<std::uint64_t>(epoch))
                                         .permutation(static_cast<std::uint32_t>(data.train.size()))) {
      const std::uint32_t index = data.train[place];
      forward(Split::kTrain, index);
      const double top = *std::ranges::max_element(p);
      double total = 0;
      for (double& value : p) total += value = std::exp(value - top);
      std::ranges::fill(g, 0.0);
      for (std::size_t k = 0; k < classes; ++k) {
        const double d = p[k] / total - (data.pool.labels[index] == static_cast<std::int32_t>(k) ? 1.0 : 0.0);
        for (std::size_t j = 0; j < features; ++j) {
          g[j] += d * w2[k * features + j];
          w2[k * features + j] -= rate * d * h[j];
        }
        b2[k] -= rate * d;
      }
      for (std::size_t j = 0; j < hidden; ++j) {
        if (h[j] <= 0) continue;
        for (std::size_t i = 0; i < inputs; ++i)
          w1[j * inputs + i] -= rate * g[j] * static_cast<double>(x[i]);
        b1[j] -= rate * g[j];
      }
    }
  }
  int right = 0;
  for (std::int64_t i = 0; i < data.test.count(); ++i) {
    forward(Split::kTest, static_cast<std::uint32_t>(i));
    right += std::ranges::max_element(p) - p.begin() == data.test.labels[static_cast<std::size_t>(i)];
  }
  return static_cast<double>(right) / static_cast<double>(data.test.count());
}

TEST(Synthetic, ASmallNetworkLearnsItAndALinearModelDoesNot) {
  for (const std::uint64_t seed : {1, 2}) {
    const Data data = load_data(synthetic({1, 8, 8}, 10, 6000, seed));
    const double linear = accuracy(data, 0, 5), network = accuracy(data, 48, 8);
    RecordProperty("linear", std::to_string(linear));
    RecordProperty("network", std::to_string(network));
    EXPECT_GT(network, 0.8) << "linear " << linear;
    EXPECT_LT(linear, 0.7) << "network " << network;
  }
}

}  // namespace
}  // namespace coppice
