#include "cuda_bench/contenders.h"

#include <algorithm>

#include "gtest/gtest.h"
#include "kernels/cuda/timing/graph_timer.h"
#include "measure/bench_shape.h"
#include "measure/random_layer.h"

namespace coppice {
namespace {

using kernels::CudaRequest;
using kernels::Order;
using kernels::Precision;

/// Refuses everything and remembers what it was asked.
class Picky final : public kernels::CudaCandidate {
 public:
  Picky(std::string name, bool sparse) : name_(std::move(name)), sparse_(sparse) {}
  std::string name() const override { return name_; }
  bool sparse() const override { return sparse_; }
  std::string refusal(const CudaRequest& request) const override {
    asked.push_back(request.precision);
    return "not " + std::string(kernels::order_name(request.in.order));
  }
  std::vector<std::unique_ptr<kernels::CudaRunner>> make(const CudaRequest&) const override {
    ADD_FAILURE() << "it refused";
    return {};
  }
  mutable std::vector<Precision> asked;

 private:
  std::string name_;
  bool sparse_;
};

TEST(Contenders, WhoRefusesIsListedWithTheReasonAndNoDeviceIsTouched) {
  const auto own = std::make_shared<Picky>("own", true), sparse = std::make_shared<Picky>("sparse", true),
             dense = std::make_shared<Picky>("dense", false);
  const CudaCase what{"spmv", linear_shape(8, 4), 1, 0.5, Precision::kFp32, CacheState::kCold};
  const Contenders found = find_contenders(what, random_layer(what.shape, 0.5, 1), {{own}, {sparse, dense}},
                                           kernels::CudaDevice());
  EXPECT_TRUE(found.ready.empty());
  EXPECT_TRUE(found.wrong.empty());
  ASSERT_EQ(found.refused.size(), 5u);
  EXPECT_EQ(found.refused[0].kernel, "own");
  EXPECT_EQ(found.refused[0].why, "not plain");
  // Dense libraries show besides what rounding more would gain.
  EXPECT_EQ(own->asked, std::vector<Precision>{Precision::kFp32});
  EXPECT_EQ(sparse->asked, std::vector<Precision>{Precision::kFp32});
  EXPECT_EQ(dense->asked, (std::vector<Precision>{Precision::kFp32, Precision::kTf32, Precision::kBf16}));
}

TEST(Contenders, ConvolutionsInBf16HaveDenseRivalsInFp32) {
  const auto asked = [](const kernels::LayerShape& shape) {
    const auto dense = std::make_shared<Picky>("dense", false);
    const CudaCase what{"conv", shape, 1, 0.5, Precision::kBf16, CacheState::kCold};
    find_contenders(what, random_layer(what.shape, 0.5, 1), {{}, {dense}}, kernels::CudaDevice());
    std::vector<Precision> precisions = dense->asked;
    precisions.erase(std::unique(precisions.begin(), precisions.end()), precisions.end());
    return precisions;
  };
  EXPECT_EQ(asked(conv_shape(4, 4, 6, 6, 3)), (std::vector<Precision>{Precision::kBf16, Precision::kFp32}));
  EXPECT_EQ(asked(linear_shape(4, 4)), std::vector<Precision>{Precision::kBf16});
}

TEST(Contenders, EveryLayoutThatDiffersIsTried) {
  EXPECT_EQ(layouts_to_try(linear_shape(4, 4), 1).size(), 1u) << "one column lies one way";
  const auto linear = layouts_to_try(linear_shape(4, 4), 2);
  ASSERT_EQ(linear.size(), 4u);
  EXPECT_EQ(linear[1].first.order, Order::kPlain);
  EXPECT_EQ(linear[1].second.order, Order::kImagesLast);
  EXPECT_EQ(layouts_to_try(conv_shape(4, 4, 6, 6, 3), 1).size(), 2u);
  const auto convolution = layouts_to_try(conv_shape(4, 4, 6, 6, 3), 2);
  ASSERT_EQ(convolution.size(), 3u);
  for (const auto& [in, out] : convolution) EXPECT_EQ(in, out);
}

TEST(GraphTimer, BatchesLastAMillisecondInWholeRounds) {
  EXPECT_EQ(kernels::calls_for(20e-6), 50);
  EXPECT_EQ(kernels::calls_for(5e-6), 200);
  EXPECT_EQ(kernels::calls_for(1e-3), 1);
  EXPECT_EQ(kernels::calls_for(2), 1);
  EXPECT_EQ(kernels::calls_for(1e-9), 1000) << "no more, however short";
  EXPECT_EQ(kernels::calls_for(0), 1000);
  EXPECT_EQ(kernels::calls_for(20e-6, 7), 56);
  EXPECT_EQ(kernels::calls_for(2, 900), 900);
}

}  // namespace
}  // namespace coppice
