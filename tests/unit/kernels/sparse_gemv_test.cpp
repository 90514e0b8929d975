#include "kernels/cpu/sparse_gemv/sparse_gemv.h"

#include <cmath>

#include "buffers.h"
#include "kernels/cpu/sparse_gemv/common.h"

namespace coppice::kernels {
namespace {

Candidates gemvs() { return {sell_permute_candidate(), csr16_candidate()}; }

Layer layer_of(std::int64_t outputs, std::int64_t channels, std::int64_t height, std::int64_t width) {
  Layer layer;
  layer.shape.outputs = layer.weights.rows = outputs;
  layer.shape.channels = channels;
  layer.shape.height = layer.shape.kernel_height = height;
  layer.shape.width = layer.shape.kernel_width = width;
  layer.weights.columns = channels * height * width;
  return layer;
}

/// Rows of the given densities, over and over.
void fill(Layer& layer, const std::vector<double>& densities, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> value(-1, 1);
  std::uniform_real_distribution<double> chance(0, 1);
  for (std::int64_t row = 0; row < layer.weights.rows; ++row) {
    const double density = densities[static_cast<std::size_t>(row) % densities.size()];
    for (std::int64_t column = 0; column < layer.weights.columns; ++column) {
      if (chance(random) >= density) continue;
      layer.weights.column.push_back(static_cast<std::int32_t>(column));
      layer.weights.value.push_back(value(random));
    }
    layer.weights.begin.push_back(layer.weights.nonzeros());
  }
}

void give_bias(Layer& layer) {
  for (std::int64_t i = 0; i < layer.shape.outputs; ++i) {
    layer.bias.push_back(0.1f * static_cast<float>(i % 7) - 0.3f);
  }
}

/// Every runner of every kernel that takes the layer, on every level, against the definition.
void check(const Layer& layer, std::int64_t images, int threads) {
  const Layout plain;
  Buffer x(layer.input(images, plain)), residual(layer.output(images, plain));
  x.randomise(7);
  residual.randomise(8);
  const float* added = layer.residual ? residual.data() : nullptr;
  std::vector<double> want(static_cast<std::size_t>(residual.size())), bound(want.size());
  reference_layer(layer, images, plain, plain, x.data(), added, want.data(), bound.data());
  for (const Isa level : levels()) {
    for (const auto& candidate : gemvs()) {
      const Request request{layer, images, plain, plain, threads, level};
      if (!candidate->refusal(request).empty()) continue;
      for (const auto& runner : candidate->make(request)) {
        Buffer y(residual.shape(), 77);
        runner->run(x.data(), added, y.data());
        runner->run(x.data(), added, y.data());  // nothing of the first run is left
        for (std::int64_t i = 0; i < y.size(); ++i) {
          const std::int64_t row = i % layer.shape.outputs;
          const auto terms = static_cast<double>(layer.weights.begin[row + 1] - layer.weights.begin[row] + 2);
          const double tolerance = std::ldexp(2 * terms * bound[i], -24) + std::ldexp(std::abs(want[i]), -24);
          ASSERT_LE(std::abs(y.data()[i] - want[i]), tolerance)
              << candidate->name() << " " << isa_name(level) << " [" << runner->variant() << "] "
              << layer.shape.outputs << "x" << layer.weights.columns << ", " << images << " images, output "
              << i;
        }
        y.check_surroundings();
      }
    }
  }
}

TEST(SparseGemv, EverySize) {
  std::uint32_t seed = 0;
  for (const std::int64_t outputs : {1, 2, 15, 16, 17, 31, 32, 33, 50}) {
    for (const std::int64_t columns : {1, 3, 16, 31, 32, 33, 64, 65, 100, 257}) {
      for (const double density : {0.0, 0.03, 0.1, 0.4, 1.0}) {
        Layer layer = layer_of(outputs, columns, 1, 1);
        fill(layer, {density}, ++seed);
        if (seed % 2) give_bias(layer);
        layer.relu = seed % 3 == 0;
        layer.residual = seed % 5 < 2;
        ASSERT_NO_FATAL_FAILURE(check(layer, 1 + seed % 3, 1));
      }
    }
  }
}

TEST(SparseGemv, EveryNumberOfImagesAndThreads) {
  Layer layer = layer_of(70, 5, 7, 3);
  fill(layer, {0.1, 0.5, 0.2}, 3);
  give_bias(layer);
  layer.relu = layer.residual = true;
  for (std::int64_t images = 0; images <= 20; ++images) {
    for (const int threads : {1, 2, 3, 4}) ASSERT_NO_FATAL_FAILURE(check(layer, images, threads));
  }
}

TEST(SparseGemv, RowsOfEveryLength) {
  Layer layer = layer_of(301, 300, 1, 1);
  for (std::int64_t row = 0; row <= 300; ++row) {
    for (std::int64_t i = 0; i < row; ++i) {
      layer.weights.column.push_back(static_cast<std::int32_t>(row % 2 ? i : 300 - row + i));
      layer.weights.value.push_back(static_cast<float>(i % 5) - 1.5f);
    }
    layer.weights.begin.push_back(layer.weights.nonzeros());
  }
  for (const int threads : {1, 3}) ASSERT_NO_FATAL_FAILURE(check(layer, 1, threads));
}

TEST(SparseGemv, EmptyAndFullRowsAmongOthers) {
  Layer layer = layer_of(90, 333, 1, 1);
  fill(layer, {0, 1, 0.05, 0, 0, 0.3, 0.01}, 4);
  give_bias(layer);
  for (const int threads : {1, 4}) ASSERT_NO_FATAL_FAILURE(check(layer, 2, threads));
}

TEST(SparseGemv, OneWeightAndNone) {
  for (const std::int64_t at : {0, 36, 99}) {
    Layer layer = layer_of(20, 100, 1, 1);
    layer.weights.column = {static_cast<std::int32_t>(at)};
    layer.weights.value = {-2.5f};
    for (int row = 0; row < 20; ++row) layer.weights.begin.push_back(row >= 11);
    ASSERT_NO_FATAL_FAILURE(check(layer, 1, 2));
  }
  Layer rows = layer_of(5, 0, 1, 1), columns = layer_of(0, 5, 1, 1);
  fill(rows, {1}, 1);
  ASSERT_NO_FATAL_FAILURE(check(rows, 3, 2));
  ASSERT_NO_FATAL_FAILURE(check(columns, 3, 2));
}

TEST(SparseGemv, RandomShapes) {
  std::mt19937 random(11);
  const auto up_to = [&](std::uint32_t most) { return static_cast<std::int64_t>(random() % most); };
  for (int i = 0; i < 60; ++i) {
    Layer layer = layer_of(1 + up_to(200), 1 + up_to(60), 1 + up_to(4), 1 + up_to(4));
    const double density = std::pow(0.5, up_to(8));
    fill(layer, {density, density / 3}, static_cast<std::uint32_t>(i));
    if (up_to(2)) give_bias(layer);
    layer.relu = up_to(2);
    layer.residual = up_to(2);
    ASSERT_NO_FATAL_FAILURE(check(layer, 1 + up_to(8), static_cast<int>(1 + up_to(4))));
  }
}

TEST(SparseGemv, MoreColumnsThanSixteenBitsCount) {
  for (const std::int64_t columns : {65535, 65536, 65537, 140000}) {
    Layer layer = layer_of(18, columns, 1, 1);
    fill(layer, {0.001, 0, 0.003}, 9);
    ASSERT_NO_FATAL_FAILURE(check(layer, 3, 2));
    const Request request{layer, 1, {}, {}, 1, Isa::kV4};
    EXPECT_EQ(sell_permute_candidate()->refusal(request).empty(), columns <= 65536);
    EXPECT_EQ(csr16_candidate()->refusal(request), "");
  }
}

TEST(SparseGemv, RefusesWhatItCannotDo) {
  Layer layer = layer_of(4, 3, 2, 2);
  fill(layer, {0.5}, 1);
  const Layout plain, halo{Order::kPlain, 1}, last{Order::kChannelsLast, 0}, lanes{Order::kLanes, 0};
  for (const auto& candidate : gemvs()) {
    const auto refused = [&](const Layer& l, Layout in, Layout out) {
      return !candidate->refusal({l, 1, in, out, 1, Isa::kV4}).empty();
    };
    EXPECT_FALSE(refused(layer, plain, plain));
    EXPECT_FALSE(refused(layer, plain, last)) << "one cell: the same as plain";
    EXPECT_TRUE(refused(layer, last, plain));
    EXPECT_TRUE(refused(layer, halo, plain));
    EXPECT_TRUE(refused(layer, plain, halo));
    EXPECT_TRUE(refused(layer, lanes, plain));
    Layer conv = layer;
    conv.shape.height = 5;
    EXPECT_TRUE(refused(conv, plain, plain));
  }
  EXPECT_NE(sell_permute_candidate()->refusal({layer, 1, plain, plain, 1, Isa::kV3}), "");
}

TEST(SparseGemv, WorkIsSharedOutEqually) {
  using Bounds = std::vector<std::int64_t>;
  EXPECT_EQ(equal_shares({0, 10, 20, 30, 40}, 2), (Bounds{0, 2, 4}));
  EXPECT_EQ(equal_shares({0, 70, 80, 90, 100}, 2), (Bounds{0, 1, 4}));
  EXPECT_EQ(equal_shares({0, 1, 2, 3, 100}, 2), (Bounds{0, 4, 4}));
  EXPECT_EQ(equal_shares({0, 10, 20, 30, 40, 50, 60}, 3), (Bounds{0, 2, 4, 6}));
  EXPECT_EQ(equal_shares({0, 5}, 3), (Bounds{0, 1, 1, 1}));
  EXPECT_EQ(equal_shares({0}, 2), (Bounds{0, 0, 0}));
}

/// A non-finite input must reach each output that reads it. csr16: no others. sell-permute: at most those
/// that the header names.
TEST(SparseGemv, NonFiniteInputs) {
  Layer layer = layer_of(40, 96, 1, 1);
  fill(layer, {0.1, 0.3, 0}, 5);
  for (const float bad : {std::nanf(""), INFINITY}) {
    for (std::int64_t column = 0; column < 96; ++column) {
      Buffer x(layer.input(1, {})), y(layer.output(1, {}));
      x.randomise(1);
      x.data()[column] = bad;
      for (const Isa level : levels()) {
        for (const auto& candidate : gemvs()) {
          const Request request{layer, 1, {}, {}, 1, level};
          if (!candidate->refusal(request).empty()) continue;
          for (const auto& runner : candidate->make(request)) {
            runner->run(x.data(), nullptr, y.data());
            for (std::int64_t row = 0; row < 40; ++row) {
              bool read = false, near = false;
              for (std::int64_t i = layer.weights.begin[row]; i < layer.weights.begin[row + 1]; ++i) {
                read = read || layer.weights.column[i] == column;
                near = near || layer.weights.column[i] / 32 == column / 32;
              }
              const bool empty = layer.weights.begin[row] == layer.weights.begin[row + 1];
              const bool may_spread =
                  candidate->name() == "sell-permute" && column % 32 == 0 && !near && !empty;
              ASSERT_TRUE(std::isfinite(y.data()[row]) != read || (!read && may_spread))
                  << candidate->name() << " column " << column << " row " << row;
            }
          }
        }
      }
    }
  }
}

TEST(SparseGemv, NotANumberPassesAReLU) {
  Layer layer = layer_of(3, 4, 1, 1);
  fill(layer, {1}, 5);
  layer.relu = true;
  Buffer x(layer.input(1, {}), std::nanf("")), y(layer.output(1, {}));
  for (const Isa level : levels()) {
    for (const auto& candidate : gemvs()) {
      const Request request{layer, 1, {}, {}, 1, level};
      if (!candidate->refusal(request).empty()) continue;
      candidate->make(request).front()->run(x.data(), nullptr, y.data());
      for (std::int64_t row = 0; row < 3; ++row) EXPECT_TRUE(std::isnan(y.data()[row]));
    }
  }
}

}  // namespace
}  // namespace coppice::kernels
