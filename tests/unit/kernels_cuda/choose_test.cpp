#include "kernels/cuda/dispatch/choose.h"

#include <map>

#include <gtest/gtest.h>

#include "kernels/cuda/dispatch/order.h"

namespace coppice::kernels {
namespace {

using Names = std::vector<std::string>;

class FakeRunner final : public CudaRunner {
 public:
  explicit FakeRunner(std::string name) : name_(std::move(name)) {}
  void run(const void*, const void*, void*, CudaStream) override {
    ADD_FAILURE() << "only the timer runs it";
  }
  std::unique_ptr<CudaRunner> replicate() const override { return nullptr; }
  std::int64_t packed_bytes() const override { return 1; }
  std::string variant() const override { return name_; }

 private:
  std::string name_;
};

/// Offers variants by name; "refuses" or "throws" as its first one.
class Fake final : public CudaCandidate {
 public:
  Fake(std::string name, bool sparse, Names variants)
      : name_(std::move(name)), sparse_(sparse), variants_(std::move(variants)) {}
  std::string name() const override { return name_; }
  bool sparse() const override { return sparse_; }
  std::string refusal(const CudaRequest&) const override {
    return variants_.front() == "refuses" ? "not for such a layer" : "";
  }
  std::vector<std::unique_ptr<CudaRunner>> make(const CudaRequest&) const override {
    if (variants_.front() == "throws") throw CudaError("no memory left");
    std::vector<std::unique_ptr<CudaRunner>> runners;
    for (const std::string& variant : variants_) runners.push_back(std::make_unique<FakeRunner>(variant));
    return runners;
  }

 private:
  std::string name_;
  bool sparse_;
  Names variants_;
};

std::shared_ptr<const CudaCandidate> sparse(const std::string& name, const Names& variants) {
  return std::make_shared<Fake>(name, true, variants);
}
std::shared_ptr<const CudaCandidate> dense(const std::string& name, const Names& variants) {
  return std::make_shared<Fake>(name, false, variants);
}

/// Knows each variant's time at first glance and in turns; a glance takes a second.
struct FakeTrials : Trials {
  struct Times {
    double glance, in_turns;
  };
  std::map<std::string, Times> times;
  Names looked_at, finalists;
  double now = 100;

  double glance(CudaRunner& runner) override {
    looked_at.push_back(runner.variant());
    now += 1;
    if (!times.count(runner.variant())) throw CudaError("it breaks when run");
    return times.at(runner.variant()).glance;
  }
  std::vector<double> seconds(const std::vector<CudaRunner*>& runners) override {
    std::vector<double> result;
    for (CudaRunner* runner : runners) {
      finalists.push_back(runner->variant());
      result.push_back(times.at(runner->variant()).in_turns);
    }
    return result;
  }
};

Layer layer_of(double density) {
  Layer layer;
  layer.shape = {.outputs = 10, .channels = 10};
  layer.weights.rows = layer.weights.columns = 10;
  layer.weights.value.resize(static_cast<std::size_t>(100 * density), 1);
  return layer;
}

class Choose : public testing::Test {
 protected:
  CudaChoice choose(const CudaCandidates& candidates, double budget = 100) {
    ChooseOptions options;
    options.seconds = budget;
    options.clock = [this] { return trials.now; };
    options.check_device = [this](const std::string& ran_last) {
      checked.push_back(ran_last);
      if (lost) throw DeviceLost("gone");
    };
    return choose_cuda_runner({layer, 16, Precision::kBf16, {}, {}, device}, candidates, trials, options);
  }
  static std::string why(const CudaChoice& choice, const std::string& variant) {
    for (const CudaTried& one : choice.tried) {
      if (one.variant == variant || one.kernel == variant) return one.why_not;
    }
    return "not tried";
  }

  FakeTrials trials;
  Layer layer = layer_of(0.1);
  CudaDevice device;
  Names checked;
  bool lost = false;
};

TEST_F(Choose, TakesTheFastestInTurnsAndRecordsAll) {
  trials.times = {{"a", {1, 2.0}}, {"b", {1.1, 1.0}}, {"c", {1.2, 1.5}}, {"d", {1.3, 3}}};
  const CudaChoice choice = choose({sparse("one", {"a", "b"}), sparse("two", {"c"}), dense("lib", {"d"})});
  EXPECT_EQ(choice.runner->variant(), "b");
  EXPECT_EQ(choice.chosen().kernel, "one");
  EXPECT_EQ(choice.chosen().seconds, 1.0);
  ASSERT_EQ(choice.tried.size(), 4u);
  EXPECT_EQ(choice.tried[0].variant, "d") << "dense before sparse kernels that nothing speaks for";
  EXPECT_EQ(choice.tried[1].seconds, 2.0);
  EXPECT_EQ(why(choice, "a"), "slower than what was chosen");
  EXPECT_EQ(trials.finalists, (Names{"d", "a", "b", "c"}));
}

TEST_F(Choose, SparseMustBeThreePercentFaster) {
  trials.times = {{"s", {1, 0.98}}, {"t", {1, 1.1}}, {"d", {1, 1}}};
  CudaChoice choice = choose({sparse("own", {"s", "t"}), dense("lib", {"d"})});
  EXPECT_EQ(choice.runner->variant(), "d");
  EXPECT_EQ(why(choice, "s"), "not 3% faster than a dense kernel");
  EXPECT_EQ(why(choice, "t"), "slower than what was chosen");
  trials.times["s"].in_turns = 0.96;
  EXPECT_EQ(choose({sparse("own", {"s"}), dense("lib", {"d"})}).runner->variant(), "s");
  // Only dense ones are favoured.
  trials.times["t"].in_turns = 0.961;
  EXPECT_EQ(choose({sparse("own", {"s", "t"})}).runner->variant(), "s");
}

TEST_F(Choose, LeavesOutWhatRefusesOrThrows) {
  trials.times = {{"good", {1, 1}}};
  const CudaChoice choice = choose(
      {sparse("picky", {"refuses"}), sparse("poor", {"throws"}), dense("fragile", {"breaks", "good"})});
  EXPECT_EQ(choice.runner->variant(), "good");
  EXPECT_EQ(why(choice, "picky"), "not for such a layer");
  EXPECT_EQ(why(choice, "poor"), "no memory left");
  EXPECT_EQ(why(choice, "breaks"), "it breaks when run");
  EXPECT_EQ(checked, (Names{"fragile", "poor"})) << "whether the device lives, after each";
  EXPECT_TRUE(trials.finalists.empty()) << "one alone need not be measured";
  EXPECT_EQ(choice.chosen().seconds, 1);
}

TEST_F(Choose, SaysWhyNothingServes) {
  try {
    choose({sparse("picky", {"refuses"}), dense("poor", {"throws"})});
    FAIL();
  } catch (const CudaError& error) {
    EXPECT_STREQ(error.what(), "nothing runs this layer: poor: no memory left; picky: not for such a layer");
  }
  EXPECT_THROW(choose({}), CudaError);
}

TEST_F(Choose, ALostDeviceEndsTheSearch) {
  lost = true;
  trials.times = {{"good", {1, 1}}};
  EXPECT_THROW(choose({dense("poor", {"throws"}), dense("lib", {"good"})}), DeviceLost);
  EXPECT_TRUE(trials.looked_at.empty());
}

TEST_F(Choose, HopelessOnesAreNotMeasuredButTheFastestDenseOneIs) {
  trials.times = {{"a", {1, 1}},     {"slow", {3.5, 0}}, {"near", {1.4, 0.9}},
                  {"far", {1.6, 0}}, {"d", {5, 4}},      {"e", {6, 0}}};
  const CudaChoice choice =
      choose({sparse("scatter-mma", {"a", "slow", "near", "far"}), dense("lib", {"d", "e"})});
  EXPECT_EQ(choice.runner->variant(), "near");
  EXPECT_EQ(trials.finalists, (Names{"a", "near", "d"}));
  EXPECT_EQ(why(choice, "slow"), "much slower at first glance");
  EXPECT_EQ(why(choice, "far"), "slower at first glance");
  EXPECT_EQ(why(choice, "e"), "much slower at first glance");
  EXPECT_EQ(why(choice, "d"), "slower than what was chosen");
}

TEST_F(Choose, EightAtMostAreKept) {
  Names variants;
  for (int i = 0; i < 30; ++i) {
    variants.push_back(std::to_string(i));
    trials.times[variants.back()] = {1 + (i * 7 % 30) / 100.0, 1 + (i * 7 % 30) / 100.0};
  }
  trials.times["d"] = {2.9, 2.9};
  const CudaChoice choice = choose({sparse("scatter-mma", variants), dense("lib", {"d"})});
  EXPECT_EQ(trials.finalists.size(), 9u) << "and the dense one";
  EXPECT_EQ(choice.runner->variant(), "0");
  EXPECT_EQ(why(choice, "1"), "slower than what was chosen");
  EXPECT_EQ(why(choice, "2"), "slower than eight others at first glance");
}

TEST_F(Choose, WhenTheTimeIsUpADenseOneIsStillTried) {
  trials.times = {{"a", {1, 1}}, {"b", {1, 0.1}}, {"d", {1.2, 1.2}}, {"e", {1, 0.1}}};
  const CudaCandidates candidates = {sparse("other", {"b"}), dense("lib", {"d"}), dense("lib2", {"e"}),
                                     sparse("scatter-mma", {"a"})};
  const CudaChoice choice = choose(candidates, 0.5);
  EXPECT_EQ(trials.looked_at, (Names{"a", "d"})) << "the likeliest, then the first dense one";
  EXPECT_EQ(choice.runner->variant(), "a");
  EXPECT_EQ(why(choice, "lib2"), "not tried, the time was up");
  EXPECT_EQ(why(choice, "other"), "not tried, the time was up");
  trials.looked_at.clear();
  choose(candidates, 2.5);
  EXPECT_EQ(trials.looked_at, (Names{"a", "d", "e"}));
}

TEST(LikeliestFirst, FollowsBatchPrecisionAndDensity) {
  const CudaCandidates all = {sparse("packed-spmv", {}), sparse("scatter-mma", {}), sparse("gather-fma", {}),
                              sparse("panel-mma", {}),   dense("cublaslt", {}),     sparse("cusparse", {})};
  const CudaDevice device;
  const auto first_two = [&](std::int64_t images, Precision precision, double density) {
    const Layer layer = layer_of(density);
    const CudaCandidates ordered = likeliest_first({layer, images, precision, {}, {}, device}, all);
    EXPECT_EQ(ordered.size(), all.size());
    EXPECT_EQ(ordered.back()->name(), "cusparse");
    return ordered[0]->name() + " " + ordered[1]->name();
  };
  EXPECT_EQ(first_two(1, Precision::kBf16, 0.2), "packed-spmv cublaslt");
  EXPECT_EQ(first_two(8, Precision::kFp32, 0.2), "packed-spmv cublaslt");
  EXPECT_EQ(first_two(9, Precision::kBf16, 0.2), "scatter-mma cublaslt");
  EXPECT_EQ(first_two(64, Precision::kBf16, 0.4), "cublaslt scatter-mma");
  EXPECT_EQ(first_two(65, Precision::kBf16, 0.02), "panel-mma cublaslt");
  EXPECT_EQ(first_two(512, Precision::kBf16, 0.1), "cublaslt panel-mma");
  EXPECT_EQ(first_two(512, Precision::kFp32, 0.1), "gather-fma cublaslt");
  EXPECT_EQ(first_two(512, Precision::kFp32, 0.2), "cublaslt gather-fma");
  EXPECT_EQ(first_two(512, Precision::kTf32, 0.1), "cublaslt gather-fma");
}

TEST(LikeliestFirst, KnowsConvolutions) {
  const CudaCandidates all = {sparse("gather-fma", {}),  sparse("conv-fma", {}),    sparse("conv-mma", {}),
                              sparse("packed-spmv", {}), sparse("conv-pixels", {}), dense("cudnn", {})};
  const CudaDevice device;
  const auto first_two = [&](const LayerShape& shape, std::int64_t images, Precision precision,
                             double density) {
    Layer layer;
    layer.shape = shape;
    std::vector<float> weights(static_cast<std::size_t>(shape.outputs * shape.columns()));
    const auto ones = static_cast<std::size_t>(density * static_cast<double>(weights.size()));
    for (std::size_t i = 0; i < ones; ++i) weights[i] = 1;
    layer.weights = csr_from_dense(weights.data(), shape.outputs, shape.columns());
    const CudaCandidates ordered = likeliest_first({layer, images, precision, {}, {}, device}, all);
    return ordered[0]->name() + " " + ordered[1]->name();
  };
  const LayerShape square = {.outputs = 50,
                             .channels = 8,
                             .height = 6,
                             .width = 6,
                             .kernel_height = 3,
                             .kernel_width = 3,
                             .padding = 1};
  LayerShape strided = square;
  strided.stride = 2;
  EXPECT_EQ(first_two(square, 64, Precision::kFp32, 0.05), "conv-fma cudnn");
  EXPECT_EQ(first_two(square, 64, Precision::kFp32, 0.1), "cudnn conv-fma") << "Winograd";
  EXPECT_EQ(first_two(strided, 64, Precision::kFp32, 0.1), "conv-fma cudnn");
  EXPECT_EQ(first_two(square, 64, Precision::kTf32, 0.02), "conv-fma cudnn");
  EXPECT_EQ(first_two(square, 64, Precision::kBf16, 0.02), "conv-mma cudnn");
  EXPECT_EQ(first_two(square, 64, Precision::kBf16, 0.05), "cudnn conv-mma");
  EXPECT_EQ(first_two(square, 1, Precision::kBf16, 0.05), "conv-pixels cudnn");
  EXPECT_EQ(first_two(square, 9, Precision::kFp32, 0.05), "conv-pixels cudnn");
  EXPECT_EQ(first_two({.outputs = 50, .channels = 72}, 64, Precision::kFp32, 0.1), "gather-fma cudnn");
}

}  // namespace
}  // namespace coppice::kernels
