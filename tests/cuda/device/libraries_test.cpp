// Every library candidate that does not refuse, all variants that it offers.
#include <iostream>
#include <map>

#include "cuda/device/trial.h"

namespace coppice::kernels {
namespace {

using namespace trial;

const Case kProducts[] = {
    {.shape = {.outputs = 64, .channels = 32}, .images = 8, .easy = true},
    {.shape = {.outputs = 128, .channels = 256},
     .images = 16,
     .mask = Mask::kTwoOfFour,
     .residual = true,
     .easy = true},
    {.shape = {.outputs = 64, .channels = 64}, .images = 32, .mask = Mask::kOneOfTwo, .easy = true},
    {.shape = {.outputs = 96, .channels = 192},
     .images = 24,
     .mask = Mask::kBlocks,
     .relu = false,
     .easy = true},
    {.shape = {.outputs = 512, .channels = 256}, .images = 1, .easy = true},
    {.shape = {.outputs = 96, .channels = 192},
     .images = 1,
     .mask = Mask::kBlocks,
     .residual = true,
     .easy = true},
    {.shape = {.outputs = 256, .channels = 8, .height = 4, .width = 4, .kernel_height = 4, .kernel_width = 4},
     .images = 8,
     .bias = false,
     .easy = true},
    {.shape = {.outputs = 48, .channels = 16, .height = 6, .width = 4},
     .images = 4,
     .residual = true,
     .easy = true},
    {.shape = {.outputs = 64, .channels = 64}, .images = 8, .bias = false, .relu = false, .easy = true},
    {.shape = {.outputs = 1, .channels = 1}, .images = 1, .mask = Mask::kFull},
    {.shape = {.outputs = 37, .channels = 53}, .images = 1},
    {.shape = {.outputs = 33, .channels = 65}, .images = 5, .residual = true},
    {.shape = {.outputs = 10, .channels = 300}, .images = 3, .bias = false},
    {.shape = {.outputs = 7, .channels = 9, .height = 5, .width = 3}, .images = 1},
};

const Case kConvolutions[] = {
    {.shape = {.outputs = 32,
               .channels = 16,
               .height = 14,
               .width = 14,
               .kernel_height = 3,
               .kernel_width = 3,
               .padding = 1},
     .images = 4,
     .easy = true},
    {.shape = {.outputs = 32,
               .channels = 32,
               .height = 8,
               .width = 8,
               .kernel_height = 3,
               .kernel_width = 3,
               .padding = 1},
     .images = 4,
     .residual = true,
     .easy = true},
    {.shape = {.outputs = 64,
               .channels = 32,
               .height = 16,
               .width = 16,
               .kernel_height = 1,
               .kernel_width = 1,
               .stride = 2},
     .images = 2,
     .relu = false,
     .easy = true},
    {.shape = {.outputs = 16,
               .channels = 16,
               .height = 12,
               .width = 10,
               .kernel_height = 5,
               .kernel_width = 5,
               .padding = 2},
     .images = 3,
     .bias = false,
     .residual = true,
     .relu = false,
     .easy = true},
    {.shape = {.outputs = 16, .channels = 16, .height = 9, .width = 9, .kernel_height = 3, .kernel_width = 3},
     .images = 2,
     .bias = false,
     .relu = false,
     .easy = true},
    {.shape = {.outputs = 16,
               .channels = 3,
               .height = 32,
               .width = 32,
               .kernel_height = 3,
               .kernel_width = 3,
               .padding = 1},
     .images = 2},
    {.shape = {.outputs = 5,
               .channels = 7,
               .height = 11,
               .width = 9,
               .kernel_height = 3,
               .kernel_width = 2,
               .stride = 2,
               .padding = 1,
               .dilation = 2},
     .images = 1},
};

class LibrariesOnDevice : public testing::Test {
 protected:
  void SetUp() override {
    std::string why;
    const auto devices = cuda_devices(&why);
    if (devices.empty()) GTEST_SKIP() << "no device: " << why;
    device_ = devices.front();
  }

  void check(const Case& c, Precision precision, Order order, std::uint32_t seed) {
    Trial trial(c, precision, order, device_, seed);
    for (const auto& candidate : cuda_library_candidates()) {
      if (!candidate->refusal(trial.request).empty()) continue;
      SCOPED_TRACE(candidate->name() + ", " + precision_name(precision) + ", " + order_name(order) + ", " +
                   std::to_string(c.shape.outputs) + " outputs of " + std::to_string(c.shape.columns()) +
                   ", batch " + std::to_string(c.images));
      std::vector<std::unique_ptr<CudaRunner>> runners;
      try {
        runners = candidate->make(trial.request);
      } catch (const CudaError& error) {
        EXPECT_FALSE(c.easy) << error.what();
        std::cout << candidate->name() << ", " << precision_name(precision) << ", " << c.shape.outputs << "x"
                  << c.shape.columns() << ": " << error.what() << "\n";
        continue;
      }
      ++served_[candidate->name()];
      ASSERT_FALSE(runners.empty());
      const bool transforms = candidate->name().find("cudnn") == 0;
      for (const auto& runner : runners) {
        SCOPED_TRACE(runner->variant());
        EXPECT_GT(runner->packed_bytes(), 0);
        EXPECT_GE(runner->preparation_seconds(), 0);
        trial.check(*runner, transforms);
        trial.check(*runner->replicate(), transforms);
        trial.check_in_graph(*runner, transforms);
      }
      trial.check_arguments(*runners.front());
    }
  }

  CudaDevice device_;
  std::map<std::string, int> served_;
};

TEST_F(LibrariesOnDevice, ProductsAreTheLayer) {
  std::uint32_t seed = 1;
  for (const Case& c : kProducts) {
    for (const Precision precision : {Precision::kFp32, Precision::kTf32, Precision::kBf16}) {
      for (const Order order : {Order::kPlain, Order::kImagesLast, Order::kChannelsLast}) {
        check(c, precision, order, ++seed);
      }
    }
  }
  for (const auto& [name, count] : served_) RecordProperty(name, count);
  EXPECT_GT(served_["cublaslt"], 60);
  EXPECT_GT(served_["cusparse"], 40);
}

TEST_F(LibrariesOnDevice, ConvolutionsAreTheLayer) {
  std::uint32_t seed = 1000;
  for (const Case& c : kConvolutions) {
    for (const Precision precision : {Precision::kFp32, Precision::kTf32, Precision::kBf16}) {
      for (const Order order : {Order::kPlain, Order::kChannelsLast, Order::kImagesLast})
        check(c, precision, order, ++seed);
    }
  }
  for (const auto& [name, count] : served_) RecordProperty(name, count);
  EXPECT_GT(served_["cusparse-im2col"], 10);
}

}  // namespace
}  // namespace coppice::kernels
