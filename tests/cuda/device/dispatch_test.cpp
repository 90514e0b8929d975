// The choice of a kernel on a device: what is chosen is right and no slower than dense libraries.
#include <algorithm>

#include "cuda/linear_cases.h"
#include "kernels/cuda/dispatch/choose.h"
#include "kernels/cuda/dispatch/graph_trials.h"

namespace coppice::kernels {
namespace {

class DispatchOnDevice : public testing::Test {
 protected:
  void SetUp() override {
    std::string why;
    const std::vector<CudaDevice> devices = cuda_devices(&why);
    if (devices.empty()) GTEST_SKIP() << "no CUDA device: " << why;
    device_ = devices.front();
  }

  void check(std::int64_t rows, std::int64_t columns, std::int64_t images, Precision precision,
             double density, WeightsFrom weights, bool residual) {
    Layer layer = linear_layer(rows, columns);
    fill_rows(layer, Rows::kEven, density, precision, random_);
    give_bias(layer, random_);
    layer.relu = true;
    layer.residual = residual;
    const CudaRequest request{layer, images, precision, {}, {}, device_};
    CudaCandidates candidates = own_cuda_candidates();
    const CudaCandidates libraries = cuda_library_candidates();
    candidates.insert(candidates.end(), libraries.begin(), libraries.end());
    GraphTrials trials(request, weights);
    const CudaChoice choice = choose_cuda_runner(request, candidates, trials);
    SCOPED_TRACE(choice.chosen().kernel + " " + choice.chosen().variant);
    EXPECT_GT(*choice.chosen().seconds, 0);
    EXPECT_EQ(std::count_if(choice.tried.begin(), choice.tried.end(),
                            [](const CudaTried& one) { return one.why_not.empty(); }),
              1);
    EXPECT_TRUE(std::any_of(choice.tried.begin(), choice.tried.end(), [](const CudaTried& one) {
      return !one.sparse && one.seconds;
    })) << "a dense library was tried";
    if (choice.chosen().sparse) {
      for (const CudaTried& one : choice.tried) {
        if (!one.sparse && one.seconds) {
          EXPECT_LT(*choice.chosen().seconds, *one.seconds);
        }
      }
    }
    LinearData data = draw_data(request, random_);
    define(request, data);
    const std::vector<float> got = run_on(*choice.runner, request, data);
    // Libraries may sum in other orders and precisions (layer_data.h of the benchmark bounds them): near is
    // enough to know that the runner that is handed out is the layer's.
    for (std::size_t i = 0; i < got.size(); ++i)
      ASSERT_NEAR(got[i], data.want[i], 0.02 * (data.bound[i] + 1)) << i;
  }

  CudaDevice device_;
  std::mt19937 random_{3};
};

TEST_F(DispatchOnDevice, ASmallLayer) { check(64, 96, 3, Precision::kBf16, 0.2, WeightsFrom::kCache, true); }

TEST_F(DispatchOnDevice, LayersOfAllBatches) {
  check(1000, 2000, 1, Precision::kBf16, 0.1, WeightsFrom::kMemory, false);
  check(1000, 2000, 16, Precision::kBf16, 0.1, WeightsFrom::kMemory, false);
  check(512, 1024, 128, Precision::kFp32, 0.05, WeightsFrom::kCache, true);
  check(512, 1024, 256, Precision::kBf16, 0.02, WeightsFrom::kCache, false);
}

}  // namespace
}  // namespace coppice::kernels
