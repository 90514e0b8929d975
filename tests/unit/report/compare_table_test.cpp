// What `coppice compare` says of comparisons made up by hand.
#include "report/compare_table.h"

#include "gtest/gtest.h"

namespace coppice {
namespace {

/// The ticket at batch 16, 4 times as fast as dense.
ModelComparison faster() {
  ModelComparison model;
  model.batch = 16;
  model.runs = "sparse plan";
  model.dense_kernel = "onednn prepacked";
  model.dense = {0.008, 0.007, 0.009};
  model.slim = {0.006, 0.005, 0.007};
  model.plan = {0.002, 0.0019, 0.0021};
  model.speedup = {4.0, 3.75, 4.25};
  model.dense_flops = 1000;
  model.sparse_flops = 125;
  model.limit_speedup = 11.25;
  model.attained = 0.42;
  model.max_rel_error = 1.25e-6;
  return model;
}

LayerComparison layer(const std::string& name, bool sparse) {
  LayerComparison made;
  made.name = name;
  made.shape = "64x576, 3x3, 32x32";
  made.batch = 16;
  made.density = 0.123;
  made.best_dense = "onednn";
  made.best_sparse = "offset-lanes";
  made.chosen = sparse ? made.best_sparse : made.best_dense;
  made.candidates = {{"offset-lanes", "", "lanes", true, sparse, {0.0005, 0.0004, 0.0006}, 1, 1},
                     {"onednn", "", "plain", false, !sparse, {0.001, 0.0009, 0.0011}, 1, 1}};
  made.speedup = made.kernel_speedup = {2, 1.9, 2.1};
  made.limit_speedup = 3;
  made.attained = 0.5;
  made.break_even_density = 0.31;
  made.predicted_break_even_density = 0.44;
  made.why = sparse ? "sparse: 2.0x onednn" : "stays dense: for a reason";
  return made;
}

Comparison comparison_of(const ModelComparison& model) {
  Comparison comparison;
  comparison.run = "runs/lenet-1";
  comparison.level = 7;
  comparison.density = 0.2345;
  comparison.calibration.isa = "v3";
  comparison.calibration.memory = {{"L1", 32e3, 100}, {"DRAM", 0, 10}};
  comparison.accuracy = {10000, 0.9012, 0.8934, 0.8935};
  comparison.models = {model};
  comparison.file = "runs/lenet-1/compare/cpu-level-07.json";
  return comparison;
}

std::string sentence(const ModelComparison& model, const std::vector<LayerComparison>& layers = {}) {
  Comparison comparison = comparison_of(model);
  comparison.layers = layers;
  return compare_sentence(comparison, model);
}

void expect_has(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << part << " is not in:\n" << text;
}

constexpr const char* kTicket = "At batch 16 the ticket (23.4% of the weights, 12.5% of the multiply-adds) ";

TEST(CompareSentence, Faster) {
  EXPECT_EQ(sentence(faster()),
            std::string(kTicket) +
                "runs 4.00x faster than the dense network on onednn prepacked; 42% of the limit.");
  ModelComparison much = faster();
  much.speedup = {12.34, 11, 13};
  expect_has(sentence(much), "runs 12.3x faster");
}

TEST(CompareSentence, AsFastWithinTheInterval) {
  ModelComparison model = faster();
  for (const Interval& speedup : {Interval{1.1, 0.9, 1.2}, Interval{1, 1, 1}, Interval{0.97, 0.9, 1}}) {
    model.speedup = speedup;
    EXPECT_EQ(sentence(model),
              std::string(kTicket) + "is as fast as the dense network, within the interval.");
  }
}

TEST(CompareSentence, LosingIsSaid) {
  ModelComparison model = faster();  // as `--force sparse` may make it
  model.speedup = {0.4, 0.35, 0.45};
  EXPECT_EQ(sentence(model),
            std::string(kTicket) + "runs 2.50x slower than the dense network on onednn prepacked.");
}

TEST(CompareSentence, WholeNetworkDense) {
  ModelComparison model = faster();
  model.runs = "libtorch channels-last";
  EXPECT_EQ(
      sentence(model, {layer("c1", false)}),
      std::string(kTicket) + "runs dense, on libtorch channels-last: no mix of sparse kernels was faster.");
  model.dead_units = 3;
  model.speedup = {1.5, 1.4, 1.6};
  EXPECT_EQ(sentence(model),
            std::string(kTicket) +
                "runs dense, on libtorch channels-last: no mix of sparse kernels was faster; "
                "1.50x the unpruned network, for its dead units are gone.");
}

TEST(CompareSentence, LayersThatStayDense) {
  LayerComparison elsewhere = layer("other", false);
  elsewhere.batch = 1;
  const std::string two =
      sentence(faster(), {layer("c1", false), layer("c2", true), elsewhere, layer("c3", false)});
  expect_has(two, "42% of the limit; c1 stays dense: for a reason; c3 stays dense: for a reason.");
  EXPECT_EQ(two.find("c2"), std::string::npos);
  EXPECT_EQ(two.find("other"), std::string::npos);
  expect_has(sentence(faster(), {layer("a", false), layer("b", false), layer("c", false), layer("d", false),
                                 layer("e", false)}),
             "c stays dense: for a reason; so do 2 more.");
}

TEST(CompareText, HasTheNetworksTheLayersAndTheSentence) {
  Comparison comparison = comparison_of(faster());
  comparison.layers = {layer("layer1.0.conv1", true)};
  comparison.notes = {"something to know"};
  const std::string text = compare_text(comparison);
  expect_has(text, "runs/lenet-1 level 7: 23.45% of the prunable weights, fp32");
  expect_has(text, "Layers at batch 16");
  expect_has(text, "layer1.0.conv1");
  expect_has(text, "64x576, 3x3, 32x32");
  for (const char* number : {"12.3", "1.00", "0.500", "offset-lanes", "2.00x", "3.00x", "50%", "31", "44"})
    expect_has(text, number);
  for (const char* number : {"8.00", "6.00", "2.00", "3.75 to 4.25", "11.2x", "42%", "sparse plan"})
    expect_has(text, number);
  expect_has(text,
             "Test accuracy: dense 90.12%, ticket on dense kernels 89.34%, on sparse kernels 89.35% (10,000 "
             "images)\n");
  expect_has(text, "off by at most 1.3e-06 of the largest logit\n");
  expect_has(text, sentence(faster()) + "\nNote: something to know.\n");
  expect_has(text, "\nFiles: runs/lenet-1/compare/cpu-level-07.json\n");
}

TEST(CompareText, WithoutLayersOrDenseWeights) {
  Comparison comparison = comparison_of(faster());
  comparison.accuracy.dense.reset();
  const std::string text = compare_text(comparison);
  EXPECT_EQ(text.find("Layers at batch"), std::string::npos);
  expect_has(text, "Test accuracy: ticket on dense kernels");
}

TEST(CompareText, Energy) {
  Comparison comparison = comparison_of(faster());
  CallEnergy& energy = comparison.models[0].energy;
  energy.plan = energy.dense = Energy::unavailable("no counter");
  expect_has(compare_text(comparison), "Energy: not measurable here (no counter)\n");
  EXPECT_EQ(compare_text(comparison).find("0 J"), std::string::npos);

  energy.plan = Energy::measured(20, "rapl");
  energy.dense = Energy::measured(80, "rapl");
  expect_has(compare_text(comparison), "Energy a call at batch 16: dense 80 J (rapl), ticket 20 J (rapl)\n");

  comparison.carbon_g_per_kwh = 3600;
  expect_has(compare_text(comparison), "ticket 20 J (rapl); ticket 0.02 g CO2e\n");

  energy.plan = Energy::estimate(65, 2);
  energy.dense = Energy::estimate(65, 8);
  expect_has(compare_text(comparison),
             "dense ESTIMATE 520 J (65 W assumed), ticket ESTIMATE 130 J (65 W assumed); ticket ESTIMATE "
             "0.13 g CO2e\n");
}

}  // namespace
}  // namespace coppice
