// Every library candidate that does not refuse, all variants that it offers, against the definition in FP64
// on inputs already rounded to the precision:
//   |error| <= (2 terms 2^-24 + operands + outputs) S, with S = sum |w x| + |bias| + |residual|, where
//   operands  2 x 2^-10 in TF32 (hardware may cut the last bits off rather than round them), else 0
//   outputs   3 x 2^-9 in bf16: the result, the bias, and the product before our epilogue may be rounded,
//   else 0
// Winograd and FFT work on transformed images, so in cuDNN's results S is that of the whole output, and 2^-14
// of it may come on top.
#include <algorithm>
#include <cmath>
#include <cuda_runtime.h>
#include <iostream>
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "kernels/cuda/bf16.h"
#include "kernels/cuda/candidate.h"
#include "kernels/cuda/check.cuh"
#include "kernels/cuda/memory.h"

namespace coppice::kernels {
namespace {

enum class Mask { kRandom, kTwoOfFour, kOneOfTwo, kBlocks, kFull };

struct Case {
  LayerShape shape;
  std::int64_t images = 1;
  Mask mask = Mask::kRandom;
  bool bias = true, residual = false, relu = true;
  /// Sizes that every library takes; with others it may have no algorithm, but must then say so.
  bool easy = false;
};

float round_to(float value, Precision precision) {
  return precision == Precision::kBf16 ? from_bf16(to_bf16(value)) : value;
}

std::vector<float> random_values(std::mt19937& random, std::int64_t count, Precision precision) {
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = round_to(uniform(random), precision);
  return values;
}

bool kept(Mask mask, std::int64_t row, std::int64_t column, std::mt19937& random) {
  switch (mask) {
    case Mask::kRandom: return random() % 10 == 0;
    case Mask::kTwoOfFour: return (column + row) % 4 < 2;
    case Mask::kOneOfTwo: return (column + row / 2) % 2 == 0;
    case Mask::kBlocks: return (row / 16 + column / 16) % 3 == 0;
    case Mask::kFull: return true;
  }
  return false;
}

Layer random_layer(const Case& c, Precision precision, std::mt19937& random) {
  Layer layer;
  layer.shape = c.shape;
  layer.residual = c.residual;
  layer.relu = c.relu;
  std::vector<float> weights = random_values(random, c.shape.outputs * c.shape.columns(), precision);
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(weights.size()); ++i) {
    const std::int64_t row = i / c.shape.columns(), column = i % c.shape.columns();
    if (!kept(c.mask, row, column, random)) weights[static_cast<std::size_t>(i)] = 0;
  }
  layer.weights = csr_from_dense(weights.data(), c.shape.outputs, c.shape.columns());
  if (c.bias) layer.bias = random_values(random, c.shape.outputs, Precision::kFp32);
  return layer;
}

DeviceBuffer store(const std::vector<float>& values, Precision precision) {
  if (precision != Precision::kBf16) return on_device(values);
  std::vector<Bf16> halves(values.size());
  std::transform(values.begin(), values.end(), halves.begin(), to_bf16);
  return on_device(halves);
}

std::vector<float> load(const DeviceBuffer& buffer, Precision precision) {
  if (precision != Precision::kBf16) return on_host<float>(buffer);
  const std::vector<Bf16> halves = on_host<Bf16>(buffer);
  std::vector<float> values(halves.size());
  std::transform(halves.begin(), halves.end(), values.begin(), from_bf16);
  return values;
}

/// A request with its operands on the device and the result that it must have.
class Trial {
 public:
  Trial(const Case& c, Precision precision, Order order, const CudaDevice& device, std::uint32_t seed)
      : random_(seed), layer_(random_layer(c, precision, random_)), request{layer_,     c.images,   precision,
                                                                            {order, 0}, {order, 0}, device} {
    const Activations in = layer_.input(c.images, request.in), out = layer_.output(c.images, request.out);
    const std::vector<float> x = random_values(random_, in.floats(), precision);
    const std::vector<float> residual = random_values(random_, out.floats(), precision);
    expected_.resize(static_cast<std::size_t>(out.floats()));
    sizes_.resize(expected_.size());
    reference_layer(layer_, c.images, request.in, request.out, x.data(),
                    c.residual ? residual.data() : nullptr, expected_.data(), sizes_.data());
    x_ = store(x, precision);
    if (c.residual) residual_ = store(residual, precision);
    y_ = DeviceBuffer(out.floats() * element_bytes(precision));
  }

  void check(CudaRunner& runner, bool transforms) {
    y_.fill(0xff);  // NaN: outputs are written, not added to
    runner.run(x_.data(), residual_.data(), y_.data(), nullptr);
    check_cuda(cudaDeviceSynchronize(), "running");
    compare(transforms);
  }

  void check_in_graph(CudaRunner& runner, bool transforms) {
    y_.fill(0xff);
    cudaStream_t stream = nullptr;
    check_cuda(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "making a stream");
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t executable = nullptr;
    check_cuda(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "capturing");
    runner.run(x_.data(), residual_.data(), y_.data(), stream);
    check_cuda(cudaStreamEndCapture(stream, &graph), "capturing");
    check_cuda(cudaGraphInstantiate(&executable, graph, 0), "making a graph");
    check_cuda(cudaGraphLaunch(executable, stream), "running a graph");
    check_cuda(cudaStreamSynchronize(stream), "running a graph");
    cudaGraphExecDestroy(executable);
    cudaGraphDestroy(graph);
    cudaStreamDestroy(stream);
    compare(transforms);
  }

  void check_arguments(CudaRunner& runner) {
    auto* x = x_.as<unsigned char>();
    EXPECT_THROW(runner.run(nullptr, residual_.data(), y_.data(), nullptr), std::invalid_argument);
    EXPECT_THROW(runner.run(x, residual_.data(), nullptr, nullptr), std::invalid_argument);
    EXPECT_THROW(runner.run(x + 4, residual_.data(), y_.data(), nullptr), std::invalid_argument);
    EXPECT_THROW(runner.run(x, layer_.residual ? nullptr : x, y_.data(), nullptr), std::invalid_argument);
  }

 private:
  std::mt19937 random_;
  Layer layer_;
  std::vector<double> expected_, sizes_;
  DeviceBuffer x_, residual_, y_;

  void compare(bool transforms) {
    const std::vector<float> got = load(y_, request.precision);
    ASSERT_EQ(got.size(), expected_.size());
    const double terms = static_cast<double>(layer_.shape.columns() + 2);
    double relative = 2 * terms * std::pow(2, -24);
    if (request.precision == Precision::kTf32) relative += 2 * std::pow(2, -10);
    if (request.precision == Precision::kBf16) relative += 3 * std::pow(2, -9);
    if (transforms) relative += std::pow(2, -14);
    const double largest = *std::max_element(sizes_.begin(), sizes_.end());
    for (std::size_t i = 0; i < got.size(); ++i) {
      const double allowed = relative * (transforms ? largest : sizes_[i]);
      ASSERT_LE(std::abs(got[i] - expected_[i]), allowed)
          << "output " << i << ": " << got[i] << " for " << expected_[i];
    }
  }

 public:
  CudaRequest request;
};

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
      const bool transforms = candidate->name() == "cudnn";
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
      for (const Order order : {Order::kPlain, Order::kChannelsLast}) check(c, precision, order, ++seed);
    }
  }
  for (const auto& [name, count] : served_) RecordProperty(name, count);
}

}  // namespace
}  // namespace coppice::kernels
