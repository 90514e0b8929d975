// Layers compared: what must hold whatever the times are, and which kernels are timed.
#include "compare/layer_comparison.h"

#include <cmath>
#include <set>

#include "base/libtorch/threads.h"
#include "compare/to_json.h"
#include "gtest/gtest.h"
#include "measure/calibrate.h"
#include "sparse/peers.h"
#include "support/samples.h"

namespace coppice {
namespace {

Calibration machine() {
  Calibration made;
  made.isa = "v3";
  made.clock_ghz = 2;
  made.core_gflops = made.peak_gflops = 64;
  made.fed_gflops = 32;
  made.memory = {{"L1", 32e3, 100}, {"L2", 1e6, 50}, {"DRAM", 0, 10}};
  return made;
}

/// A program of one layer.
Program one_layer(kernels::LayerShape shape, const std::vector<std::int64_t>& kept) {
  Program program;
  program.values = {{"x", shape.channels, shape.height, shape.width, shape.padding},
                    {"y", shape.outputs, shape.out_height(), shape.out_width(), 0}};
  Step step;
  step.name = "layer";
  step.inputs = {0};
  step.output = 1;
  step.layer.shape = shape;
  std::vector<float> dense(static_cast<std::size_t>(shape.outputs * shape.columns()));
  for (const std::int64_t i : kept) dense[static_cast<std::size_t>(i)] = 1.0f + static_cast<float>(i);
  step.layer.weights = kernels::csr_from_dense(dense.data(), shape.outputs, shape.columns());
  step.layer.bias.assign(static_cast<std::size_t>(shape.outputs), 0.5f);
  program.steps = {step};
  return program;
}

class Layers : public ::testing::Test {
 protected:
  Layers() { set_threads(1); }

  /// All ways of the layer as a plan might have timed them: the i-th took `seconds(way)`.
  PlannedStep planned(const WayContext& context, const std::function<double(const Way&)>& seconds,
                      const std::function<bool(const Way&)>& chosen) {
    PlannedStep step;
    for (const Way& way : ways_of(context, context.program.steps[0]))
      step.ways.push_back({way.kernel, way.variant, way.sparse, way.in, way.out, seconds(way)});
    std::stable_sort(step.ways.begin(), step.ways.end(),
                     [](const KnownWay& a, const KnownWay& b) { return a.seconds < b.seconds; });
    for (step.chosen = 0; step.chosen < step.ways.size(); ++step.chosen) {
      const KnownWay& way = step.ways[step.chosen];
      if (chosen({way.kernel, way.variant, way.sparse, way.in, way.out, 0, {}})) return step;
    }
    throw std::runtime_error("no way was chosen");
  }

  LayerComparison compare(const Program& program, std::int64_t images,
                          const std::function<double(const Way&)>& seconds,
                          const std::function<bool(const Way&)>& chosen) {
    const WayContext context{program, images, 1, all_candidates()};
    const Value& x = program.values[0];
    const std::vector<float> pixels(static_cast<std::size_t>(images * x.channels * x.height * x.width),
                                    0.25f);
    const Tape tape(context, pixels.data());
    return compare_layer(context, tape, 0, planned(context, seconds, chosen), machine(), {5, 0});
  }
};

double all_alike(const Way&) { return 1e-6; }

void check_what_always_holds(const LayerComparison& layer) {
  std::set<std::string> kernels;
  int chosen = 0;
  double before = 0;
  std::string fastest_dense, fastest_sparse;
  for (const KernelResult& result : layer.candidates) {
    EXPECT_TRUE(kernels.insert(result.kernel).second) << result.kernel << " twice";
    EXPECT_LE(before, result.seconds.median);
    before = result.seconds.median;
    EXPECT_GT(result.seconds.low, 0);
    EXPECT_LE(result.seconds.low, result.seconds.median);
    EXPECT_LE(result.seconds.median, result.seconds.high);
    EXPECT_NEAR(result.gflops_useful, layer.sparse_flops / result.seconds.median / 1e9, 1e-9);
    std::string& fastest = result.sparse ? fastest_sparse : fastest_dense;
    if (fastest.empty()) fastest = result.kernel;
    chosen += result.chosen;
    if (result.chosen) {
      EXPECT_EQ(result.kernel, layer.chosen);
    }
  }
  EXPECT_EQ(chosen, 1);
  EXPECT_EQ(layer.best_dense, fastest_dense);
  EXPECT_EQ(layer.best_sparse, fastest_sparse);
  for (const Interval& factor : {layer.speedup, layer.kernel_speedup, layer.sparse_speedup}) {
    EXPECT_GT(factor.low, 0);
    EXPECT_LE(factor.low, factor.median);
    EXPECT_LE(factor.median, factor.high);
  }
  const bool is_best_dense = layer.chosen == layer.best_dense;
  EXPECT_EQ(layer.speedup.low == 1 && layer.speedup.median == 1 && layer.speedup.high == 1, is_best_dense);
  for (const double number : {layer.density, layer.limit_speedup, layer.attained, layer.break_even_density,
                              layer.predicted_break_even_density})
    EXPECT_TRUE(std::isfinite(number));
  EXPECT_FALSE(layer.why.empty());
}

TEST_F(Layers, LinearByHand) {
  const Program program = one_layer({6, 8, 1, 1}, {0, 1, 9, 17, 18, 25, 33, 40, 46, 47});
  const LayerComparison layer =
      compare(program, 5, all_alike, [](const Way& way) { return way.kernel == "libtorch"; });
  check_what_always_holds(layer);
  EXPECT_EQ(layer.name, "layer");
  EXPECT_EQ(layer.op, "linear");
  EXPECT_EQ(layer.shape, "6x8");
  EXPECT_EQ(layer.batch, 5);
  EXPECT_DOUBLE_EQ(layer.density, 10.0 / 48);
  EXPECT_EQ(layer.dense_flops, 2 * 6 * 8 * 5);
  EXPECT_EQ(layer.sparse_flops, 2 * 10 * 5);
  EXPECT_EQ(layer.chosen, "libtorch");
}

TEST_F(Layers, ConvolutionByHand) {
  // 4 images of 3 x 7 x 6, 5 filters of 3 x 3 at stride 2: 4 x 3 pixels.
  const Program program = one_layer({5, 3, 7, 6, 3, 3, 2, 1}, {0, 30, 60, 90, 134});
  const LayerComparison layer =
      compare(program, 4, all_alike, [](const Way& way) { return way.kernel == "offset-im2col"; });
  check_what_always_holds(layer);
  EXPECT_EQ(layer.op, "conv");
  EXPECT_EQ(layer.shape, "5x27, 3x3 stride 2, 7x6");
  EXPECT_DOUBLE_EQ(layer.density, 5.0 / 135);
  EXPECT_EQ(layer.dense_flops, 2 * 135 * 12 * 4);
  EXPECT_EQ(layer.sparse_flops, 2 * 5 * 12 * 4);
  EXPECT_EQ(layer.chosen, "offset-im2col");
}

TEST_F(Layers, WithoutAnyWeights) {
  const LayerComparison layer =
      compare(one_layer({6, 8, 1, 1}, {}), 5, all_alike, [](const Way& way) { return way.sparse; });
  check_what_always_holds(layer);
  EXPECT_EQ(layer.density, 0);
  EXPECT_EQ(layer.sparse_flops, 0);
}

TEST_F(Layers, HopelessKernelsAreLeftOutButNeverTheBestOfTheirKind) {
  const Program program = one_layer({6, 8, 1, 1}, {3});
  for (const bool sparse_wins : {true, false}) {
    // One kind takes 1 us; of the other the best takes 50 us, one within 20 times of that, the rest more.
    const std::string best = sparse_wins ? "libtorch" : "offset-im2col";
    const std::string near = sparse_wins ? "mkl" : "csr16";
    const auto seconds = [&](const Way& way) {
      if (way.sparse == sparse_wins) return 1e-6;
      return way.kernel == best ? 50e-6 : way.kernel == near ? 900e-6 : 1100e-6;
    };
    const LayerComparison layer =
        compare(program, 5, seconds, [&](const Way& way) { return way.sparse == sparse_wins; });
    check_what_always_holds(layer);
    std::set<std::string> others;
    for (const KernelResult& result : layer.candidates) {
      if (result.sparse != sparse_wins) others.insert(result.kernel);
    }
    EXPECT_EQ(others, (std::set<std::string>{best, near}));
  }
}

TEST_F(Layers, AsJson) {
  const LayerComparison layer =
      compare(one_layer({6, 8, 1, 1}, {3}), 5, all_alike, [](const Way& way) { return way.sparse; });
  const nlohmann::ordered_json json = to_json(layer);
  for (const char* key : {"name", "op", "shape", "density", "batch", "chosen", "candidates", "speedup",
                          "limit_speedup", "attained", "break_even_density", "why"})
    EXPECT_TRUE(json.contains(key)) << key;
  ASSERT_EQ(json["candidates"].size(), layer.candidates.size());
  for (std::size_t i = 0; i < layer.candidates.size(); ++i) {
    const auto& candidate = json["candidates"][i];
    EXPECT_EQ(candidate.at("kernel"), layer.candidates[i].kernel);
    EXPECT_EQ(candidate.at("gflops_useful"), layer.candidates[i].gflops_useful);
    EXPECT_TRUE(candidate.contains("energy"));
    EXPECT_DOUBLE_EQ(candidate.at("time_ms").at("median"), 1e3 * layer.candidates[i].seconds.median);
    EXPECT_DOUBLE_EQ(candidate.at("time_ms").at("low"), 1e3 * layer.candidates[i].seconds.low);
    EXPECT_DOUBLE_EQ(candidate.at("time_ms").at("high"), 1e3 * layer.candidates[i].seconds.high);
  }
}

}  // namespace
}  // namespace coppice
