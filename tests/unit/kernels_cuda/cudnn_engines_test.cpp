// What cuDNN offers for an H200. Its heuristics and most of its plans work from the description of a device;
// kernels that are compiled at run time need a driver.
#if __has_include(<cudnn.h>)
#include "kernels/cuda/libraries/cudnn_engines.h"

#include <algorithm>
#include <memory>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "kernels/cuda/libraries/cudnn_knobs.h"
#include "unit/kernels_cuda/convolutions.h"
#include "unit/kernels_cuda/cudnn_h200.h"

namespace coppice::kernels {
namespace {

constexpr std::int64_t kMegabyte = 1 << 20;

const LayerShape kThree = {.outputs = 256,
                           .channels = 256,
                           .height = 14,
                           .width = 14,
                           .kernel_height = 3,
                           .kernel_width = 3,
                           .padding = 1};

struct Case {
  Precision precision;
  Order order;
};
const Case kCases[] = {{Precision::kFp32, Order::kPlain},
                       {Precision::kTf32, Order::kPlain},
                       {Precision::kTf32, Order::kChannelsLast},
                       {Precision::kBf16, Order::kChannelsLast}};

/// Only kernels compiled at run time read an FP32 bias in bf16; without a driver none are proposed.
bool needs_driver(const Case& c, const GraphForm& form) {
  return c.precision == Precision::kBf16 && form.bias && !form.bias_stored;
}

std::string first_words(const std::string& text) { return text.substr(0, text.find(": ")); }

class CudnnEngines : public testing::Test {
 protected:
  void SetUp() override {
    if (!cudnn().usable()) GTEST_SKIP() << cudnn().problem();
    try {
      h200_ = std::make_unique<CudnnTarget>(kCudnnH200);
    } catch (const CudaError& error) {
      GTEST_SKIP() << error.what();
    }
  }

  CudnnDescriptor graph(const LayerShape& shape, std::int64_t images, const Case& c, const GraphForm& form) {
    return convolution_graph(shape, images, c.order, c.precision, form, *h200_);
  }

  /// How many have a plan, up to 8. Only a missing driver, or a form that the engine does not take, is an
  /// excuse.
  std::size_t plans(const std::vector<EngineChoice>& choices, std::int64_t most_workspace_bytes) {
    std::size_t made = 0;
    for (const EngineChoice& choice : choices) {
      if (made == 8) break;
      try {
        const EnginePlan plan(choice, *h200_, most_workspace_bytes);
        EXPECT_GE(plan.workspace_bytes, 0);
        EXPECT_LE(plan.workspace_bytes, most_workspace_bytes);
        ++made;
      } catch (const CudaError& error) {
        const std::string why = first_words(error.what());
        EXPECT_TRUE(why == "cuDNN, making a plan" || why.find("cuDNN needs a workspace of ") == 0)
            << error.what();
      }
    }
    return made;
  }

  std::unique_ptr<CudnnTarget> h200_;
};

TEST_F(CudnnEngines, AtLeastEightForEveryPrecision) {
  for (const Case& c : kCases) {
    for (const std::int64_t images : {1, 64}) {
      for (const bool residual : {false, true}) {
        SCOPED_TRACE(std::string(precision_name(c.precision)) + ", " + order_name(c.order) + ", " +
                     std::to_string(images));
        std::vector<EngineChoice> all;
        std::size_t made = 0;
        for (const GraphForm& form : graph_forms(c.precision, true, residual, true)) {
          if (needs_driver(c, form)) continue;
          const auto choices = engine_choices(graph(kThree, images, c, form), c.precision, *h200_);
          made += plans(choices, 256 * kMegabyte);
          all.insert(all.end(), choices.begin(), choices.end());
        }
        EXPECT_GE(all.size(), 24u);
        EXPECT_GE(made, 16u);
        const bool tensor_cores = std::any_of(all.begin(), all.end(), [](const EngineChoice& choice) {
          return choice.text.find(", tensor cores") != std::string::npos;
        });
        EXPECT_EQ(tensor_cores, c.precision != Precision::kFp32);
      }
    }
  }
}

TEST_F(CudnnEngines, ComeOnceAndComputeInThePrecision) {
  for (const Case& c : kCases) {
    for (const GraphForm& form : graph_forms(c.precision, true, true, true)) {
      if (needs_driver(c, form)) continue;
      const CudnnDescriptor all = graph(kThree, 64, c, form);
      const auto proposed = proposed_engines(all, c.precision, *h200_, 24);
      const auto choices = engine_choices(all, c.precision, *h200_);
      EXPECT_FALSE(proposed.empty()) << form.text();
      EXPECT_LE(proposed.size(), 24u);
      ASSERT_GE(choices.size(), proposed.size());
      std::set<std::string> texts;
      for (const EngineChoice& choice : choices) {
        EXPECT_EQ(choice.text.find("engine "), 0u) << choice.text;
        EXPECT_TRUE(texts.insert(choice.text).second) << choice.text;
        EXPECT_TRUE(computes_in(c.precision, choice.notes)) << choice.text;
      }
      for (std::size_t i = 0; i < proposed.size(); ++i) EXPECT_EQ(choices[i].text, proposed[i].text);
      if (c.precision == Precision::kFp32) {
        EXPECT_GT(choices.size(), proposed.size());
      } else {
        EXPECT_EQ(choices.size(), proposed.size());
        EXPECT_EQ(proposed_engines(all, c.precision, *h200_, 3).size(), 3u);
      }
    }
  }
}

TEST_F(CudnnEngines, EveryEngineHasEverySettingOfItsKnobs) {
  const Case c = {Precision::kFp32, Order::kPlain};
  const CudnnDescriptor bare = graph(kThree, 64, c, {});
  const auto one = every_engine(bare, c.precision, *h200_, 1),
             all = every_engine(bare, c.precision, *h200_, 64);
  EXPECT_FALSE(one.empty());
  EXPECT_GT(all.size(), one.size());
  for (const EngineChoice& choice : one) {
    // Without knobs, or with none that turns.
    EXPECT_TRUE(std::any_of(all.begin(), all.end(), [&](const EngineChoice& other) {
      return other.text == choice.text;
    })) << choice.text;
  }
  std::set<std::string> texts;
  for (const EngineChoice& choice : all) EXPECT_TRUE(texts.insert(choice.text).second) << choice.text;
  EXPECT_EQ(plans(all, 256 * kMegabyte), 8u);
}

TEST_F(CudnnEngines, TakeAnyConvolution) {
  std::mt19937 random(23);
  for (int round = 0; round < 40; ++round) {
    const LayerShape shape = random_convolution(random);
    const Case& c = kCases[random() % std::size(kCases)];
    const std::int64_t images = 1 + random() % 5;
    SCOPED_TRACE(std::string(precision_name(c.precision)) + ", round " + std::to_string(round));
    const bool bias = random() % 2, residual = random() % 2, relu = random() % 2;
    for (const GraphForm& form : graph_forms(c.precision, bias, residual, relu)) {
      if (needs_driver(c, form)) continue;
      const auto choices = engine_choices(graph(shape, images, c, form), c.precision, *h200_);
      EXPECT_GE(plans(choices, 256 * kMegabyte), 1u) << form.text();
    }
  }
}

TEST_F(CudnnEngines, AWorkspaceMayBeTooLarge) {
  const Case c = {Precision::kTf32, Order::kPlain};  // copies its operands into another order
  std::size_t refused = 0;
  for (const EngineChoice& choice : proposed_engines(graph(kThree, 64, c, {}), c.precision, *h200_, 24)) {
    const EnginePlan plan(choice, *h200_, 256 * kMegabyte);
    if (plan.workspace_bytes == 0) continue;
    try {
      const EnginePlan again(choice, *h200_, plan.workspace_bytes - 1);
      ADD_FAILURE() << choice.text;
    } catch (const CudaError& error) {
      EXPECT_EQ(error.what(), "cuDNN needs a workspace of " + std::to_string(plan.workspace_bytes) +
                                  " bytes, more than " + std::to_string(plan.workspace_bytes - 1));
      ++refused;
    }
  }
  EXPECT_GE(refused, 1u);
}

TEST(CudnnEngineNotes, AreWeighed) {
  using enum Precision;
  const struct {
    std::vector<cudnnBackendNumericalNote_t> notes;
    bool fp32, tf32, bf16;
  } table[] = {
      {{}, true, true, true},
      {{CUDNN_NUMERICAL_NOTE_STRICT_NAN_PROP}, true, true, true},
      {{CUDNN_NUMERICAL_NOTE_WINOGRAD, CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_4x4}, true, true, true},
      {{CUDNN_NUMERICAL_NOTE_FFT, CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC}, true, true, true},
      {{CUDNN_NUMERICAL_NOTE_TENSOR_CORE}, false, true, true},
      {{CUDNN_NUMERICAL_NOTE_WINOGRAD, CUDNN_NUMERICAL_NOTE_TENSOR_CORE}, false, true, true},
      {{CUDNN_NUMERICAL_NOTE_TENSOR_CORE, CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS}, false, false, false},
      {{CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION}, false, false, false},
  };
  for (const auto& [notes, fp32, tf32, bf16] : table) {
    EXPECT_EQ(computes_in(kFp32, notes), fp32);
    EXPECT_EQ(computes_in(kTf32, notes), tf32);
    EXPECT_EQ(computes_in(kBf16, notes), bf16);
  }
}

TEST(CudnnTargets, SayWhatADescriptionLacks) {
  if (!cudnn().usable()) GTEST_SKIP() << cudnn().problem();
  try {
    const CudnnTarget target("{}");
    ADD_FAILURE() << "took an empty description";
  } catch (const CudaError& error) {
    EXPECT_EQ(std::string(error.what()).find("cuDNN"), 0u) << error.what();
  }
}

}  // namespace
}  // namespace coppice::kernels
#endif
