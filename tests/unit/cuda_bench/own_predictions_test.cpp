#include "cuda_bench/own_predictions.h"

#include "cuda_bench/cuda_table.h"
#include "cuda_bench/own_limits.h"
#include "cuda_bench/results_json.h"
#include "gtest/gtest.h"
#include "measure/random_layer.h"
#include "unit/cuda_bench/results.h"

namespace coppice {
namespace {

using kernels::CudaRequest;
using kernels::Order;
using kernels::Precision;

/// Takes inputs in one order alone.
class Choosy final : public kernels::CudaCandidate {
 public:
  Choosy(std::string name, Order order) : name_(std::move(name)), order_(order) {}
  std::string name() const override { return name_; }
  bool sparse() const override { return true; }
  std::string refusal(const CudaRequest& request) const override {
    return request.in.order == order_ ? "" : std::string("not ") + kernels::order_name(request.in.order);
  }
  std::vector<std::unique_ptr<kernels::CudaRunner>> make(const CudaRequest&) const override {
    ADD_FAILURE() << "nothing is made for a prediction";
    return {};
  }

 private:
  std::string name_;
  Order order_;
};

TEST(OwnPredictions, SayWhoServesACaseAndWhatItShouldTake) {
  const CudaCase what{"spmm", linear_shape(2560, 1000), 64, 0.5, Precision::kBf16, CacheState::kCold};
  const kernels::CudaCandidates own = {std::make_shared<Choosy>("scatter-mma", Order::kImagesLast),
                                       std::make_shared<Choosy>("panel-mma", Order::kChannelsLast),
                                       std::make_shared<Choosy>("unheard-of", Order::kPlain)};
  CudaCaseResult result = predicted(what, round_rates());
  result.predictions =
      own_predictions(what, even_layer(what.shape, 0.5), own, kernels::CudaDevice(), round_rates());
  ASSERT_EQ(result.predictions.size(), 3u);
  EXPECT_EQ(result.predictions[0].refusal, "") << "in one of the layouts";
  // 5.12 + 0.128 + 0.32768 MB at 1 TB/s, and a launch; dense the same.
  EXPECT_NEAR(result.predictions[0].limit->seconds, 6.57568e-6, 1e-12);
  EXPECT_EQ(result.predictions[1].refusal, "not plain") << "linear layers have no channels last";
  EXPECT_FALSE(result.predictions[1].limit);
  EXPECT_EQ(result.predictions[2].refusal, "");
  EXPECT_FALSE(result.predictions[2].limit) << "none is known";

  const auto json = to_json(result).at("limits").at("own");
  EXPECT_EQ(json[0].at("kernel"), "scatter-mma");
  EXPECT_NEAR(json[0].at("us").get<double>(), 6.57568, 1e-9);
  EXPECT_EQ(json[0].at("set_by"), "HBM");
  EXPECT_NEAR(json[0].at("speedup").get<double>(), 1, 1e-9);
  EXPECT_EQ(json[1].at("refused"), "not plain");
  EXPECT_FALSE(json[1].contains("us"));
  EXPECT_EQ(json[2], (nlohmann::ordered_json{{"kernel", "unheard-of"}}));

  const std::string text = cuda_limits_table({result, predicted(what, round_rates())});
  EXPECT_NE(text.find("scatter-mma 6.576 (HBM) 1.00x, unheard-of\n"), std::string::npos) << text;
  EXPECT_NE(text.find("not served: panel-mma in 1 case: not plain"), std::string::npos) << text;
}

TEST(OwnPredictions, AKernelIsHeldToItsOwnLimit) {
  const CudaCase what{"spmm", linear_shape(2560, 1000), 64, 0.5, Precision::kBf16, CacheState::kCold};
  CudaCaseResult result = predicted(what, round_rates());
  Alternation samples;
  samples.series = {series("scatter-mma", {8e-6}), series("other", {9e-6}), series("cusparse", {9e-6})};
  evaluate(result,
           {contender("scatter-mma", true, true, Precision::kBf16, 1'024'000),
            contender("other", true, true, Precision::kBf16, 1'024'000),
            contender("cusparse", false, true, Precision::kBf16, 1'024'000)},
           samples, round_rates());
  ASSERT_EQ(result.kernels.size(), 3u);
  EXPECT_NEAR(result.kernels[0].limit.seconds, 4.2768e-6, 1e-12);
  EXPECT_NEAR(result.kernels[0].attained, 4.2768 / 8, 1e-9);
  const CudaWork work = cuda_work(what.shape, what.images, what.density, what.precision);
  const TimeLimit any = best_sparse_cuda_limit(work, 1'024'000, round_rates(), CacheState::kCold);
  for (const std::size_t i : {1u, 2u}) {
    EXPECT_EQ(result.kernels[i].limit.seconds, any.seconds) << "what any sparse kernel could";
    EXPECT_EQ(result.kernels[i].limit.resource, any.resource);
  }
  EXPECT_EQ(result.sparse_limit.seconds,
            best_sparse_cuda_limit(work, lean_weight_bytes(work), round_rates(), CacheState::kCold).seconds);
}

}  // namespace
}  // namespace coppice
