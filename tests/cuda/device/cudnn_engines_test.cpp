// Every engine of cuDNN that is tried for a layer, not only the fastest.
#if __has_include(<cudnn.h>)
#include <cmath>
#include <iostream>

#include "cuda/device/trial.h"
#include "kernels/cuda/libraries/cudnn_attempts.h"
#include "kernels/cuda/libraries/cudnn_layers.h"

namespace coppice::kernels {
namespace {

using namespace trial;

constexpr LayerShape kShape = {.outputs = 64,
                               .channels = 32,
                               .height = 14,
                               .width = 14,
                               .kernel_height = 3,
                               .kernel_width = 3,
                               .padding = 1};

class CudnnEnginesOnDevice : public testing::Test {
 protected:
  void SetUp() override {
    std::string why;
    const auto devices = cuda_devices(&why);
    if (devices.empty()) GTEST_SKIP() << "no device: " << why;
    device_ = devices.front();
  }

  /// Checks the runner of each engine; returns how many there are. cuDNN may refuse some.
  template <class Check>
  int each_engine(const CudaRequest& request, const Check& check) {
    int made = 0;
    for (const Attempt& attempt : cudnn_engine_attempts(request)) {
      std::unique_ptr<LibraryRunner> runner;
      try {
        runner = attempt();
      } catch (const CudaError& error) {
        std::cout << error.what() << "\n";
        continue;
      }
      SCOPED_TRACE(runner->variant());
      check(*runner);
      ++made;
    }
    return made;
  }

  CudaDevice device_;
};

TEST_F(CudnnEnginesOnDevice, AtLeastEightAreTheLayer) {
  const std::pair<Precision, Order> requests[] = {{Precision::kFp32, Order::kPlain},
                                                  {Precision::kTf32, Order::kPlain},
                                                  {Precision::kTf32, Order::kChannelsLast},
                                                  {Precision::kBf16, Order::kChannelsLast}};
  std::uint32_t seed = 1;
  for (const auto& [precision, order] : requests) {
    for (const bool residual : {false, true}) {
      Trial trial({.shape = kShape, .images = 4, .residual = residual}, precision, order, device_, ++seed);
      if (const std::string why = cudnn_refusal(trial.request); !why.empty()) {
        std::cout << why << "\n";
        continue;
      }
      SCOPED_TRACE(std::string(precision_name(precision)) + ", " + order_name(order));
      const int engines = each_engine(trial.request, [&](CudaRunner& runner) { trial.check(runner, true); });
      std::cout << precision_name(precision) << ", " << order_name(order) << ": " << engines << " engines\n";
      EXPECT_GE(engines, 8);
    }
  }
}

/// Sums of 1 + 2^-15, of which TF32 would keep 1.
TEST_F(CudnnEnginesOnDevice, InFp32NoBitIsLost) {
  Layer layer;
  layer.shape = kShape;
  const std::vector<float> ones(static_cast<std::size_t>(kShape.outputs * kShape.columns()), 1);
  layer.weights = csr_from_dense(ones.data(), kShape.outputs, kShape.columns());
  const CudaRequest request = {layer, 2, Precision::kFp32, {}, {}, device_};
  if (const std::string why = cudnn_refusal(request); !why.empty()) GTEST_SKIP() << why;
  const float value = 1 + std::ldexp(1.0f, -15);
  const DeviceBuffer x = on_device(
      std::vector<float>(static_cast<std::size_t>(layer.input(request.images, request.in).floats()), value));
  const Activations out = layer.output(request.images, request.out);
  DeviceBuffer y(out.floats() * element_bytes(request.precision));
  const auto middle = static_cast<std::size_t>(out.offset(1, 5, 7, 7));  // the whole window has inputs
  const double expected = static_cast<double>(kShape.columns()) * static_cast<double>(value);
  const int engines = each_engine(request, [&](CudaRunner& runner) {
    y.fill(0xff);
    runner.run(x.data(), nullptr, y.data(), nullptr);
    check_cuda(cudaDeviceSynchronize(), "running");
    EXPECT_NEAR(load(y, request.precision)[middle], expected, std::ldexp(expected, -18));
  });
  EXPECT_GE(engines, 8);
}

}  // namespace
}  // namespace coppice::kernels
#endif
