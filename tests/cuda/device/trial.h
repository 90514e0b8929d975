// A layer with operands on the device, and the result that it must have: the definition's, in FP64, on inputs
// already rounded to the precision. With p = W x, y = p + bias + residual before ReLU, S = sum |w x| + |bias|
// + |residual|:
//   |error| <= (2 terms 2^-24 + operands) S + roundings, where
//   operands   2 x 2^-10 in TF32 (hardware may cut the last bits off rather than round them), else 0
//   roundings  1.01 x 2^-9 (|y| + |p| + |bias|) in bf16, else 0: the result is rounded, and so may be the
//   product
//              before our epilogue, or the bias that a library takes in
// Winograd and FFT work on transformed images, so in cuDNN's results S is the largest of the output, and
// 2^-14 of it may come on top.
#pragma once
#include <algorithm>
#include <cmath>
#include <cuda_runtime.h>
#include <random>
#include <stdexcept>

#include <gtest/gtest.h>

#include "kernels/cuda/bf16.h"
#include "kernels/cuda/candidate.h"
#include "kernels/cuda/check.cuh"
#include "kernels/cuda/epilogue/epilogue.h"
#include "kernels/cuda/memory.h"

namespace coppice::kernels::trial {

enum class Mask { kRandom, kTwoOfFour, kOneOfTwo, kBlocks, kFull };

struct Case {
  LayerShape shape;
  std::int64_t images = 1;
  Mask mask = Mask::kRandom;
  bool bias = true, residual = false, relu = true;
  /// Sizes that every library takes; with others it may have no algorithm, but must then say so.
  bool easy = false;
};

inline float round_to(float value, Precision precision) {
  return precision == Precision::kBf16 ? from_bf16(to_bf16(value)) : value;
}

inline std::vector<float> random_values(std::mt19937& random, std::int64_t count, Precision precision) {
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = round_to(uniform(random), precision);
  return values;
}

inline bool kept(Mask mask, std::int64_t row, std::int64_t column, std::mt19937& random) {
  switch (mask) {
    case Mask::kRandom: return random() % 10 == 0;
    case Mask::kTwoOfFour: return (column + row) % 4 < 2;
    case Mask::kOneOfTwo: return (column + row / 2) % 2 == 0;
    case Mask::kBlocks: return (row / 16 + column / 16) % 3 == 0;
    case Mask::kFull: return true;
  }
  return false;
}

inline Layer random_layer(const Case& c, Precision precision, std::mt19937& random) {
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

inline DeviceBuffer store(const std::vector<float>& values, Precision precision) {
  if (precision != Precision::kBf16) return on_device(values);
  std::vector<Bf16> halves(values.size());
  std::transform(values.begin(), values.end(), halves.begin(), to_bf16);
  return on_device(halves);
}

inline std::vector<float> load(const DeviceBuffer& buffer, Precision precision) {
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
    Layer unbounded = layer_;
    unbounded.relu = false;
    reference_layer(unbounded, c.images, request.in, request.out, x.data(),
                    c.residual ? residual.data() : nullptr, expected_.data(), sizes_.data());
    const ChannelPlaces places = channel_places(out);
    for (std::int64_t i = 0; i < out.floats(); ++i) {
      const auto at = static_cast<std::size_t>(i);
      const auto channel = static_cast<std::size_t>(i / places.inner % places.channels);
      const double bias = c.bias ? layer_.bias[channel] : 0, added = c.residual ? residual[at] : 0;
      rounded_.push_back(std::abs(expected_[at]) + std::abs(expected_[at] - bias - added) + std::abs(bias));
    }
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
  std::vector<double> expected_;  ///< Before ReLU.
  std::vector<double> sizes_;     ///< S.
  std::vector<double> rounded_;   ///< The sizes of all that may be rounded to bf16.
  DeviceBuffer x_, residual_, y_;

  void compare(bool transforms) {
    const std::vector<float> got = load(y_, request.precision);
    ASSERT_EQ(got.size(), expected_.size());
    const double terms = static_cast<double>(layer_.shape.columns() + 2);
    double relative = 2 * terms * std::pow(2, -24);
    if (request.precision == Precision::kTf32) relative += 2 * std::pow(2, -10);
    const double rounding = request.precision == Precision::kBf16 ? 1.01 * std::pow(2, -9) : 0;
    if (transforms) relative += std::pow(2, -14);
    const double largest = *std::max_element(sizes_.begin(), sizes_.end());
    for (std::size_t i = 0; i < got.size(); ++i) {
      const double right = layer_.relu ? std::max(expected_[i], 0.0) : expected_[i];
      const double allowed = relative * (transforms ? largest : sizes_[i]) + rounding * rounded_[i];
      ASSERT_LE(std::abs(got[i] - right), allowed) << "output " << i << ": " << got[i] << " for " << right;
    }
  }

 public:
  CudaRequest request;
};

}  // namespace coppice::kernels::trial
