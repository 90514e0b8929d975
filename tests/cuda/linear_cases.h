// Linear layers for our kernels and their rivals, drawn at random, and their results against the definition
// in FP64: on the host (tests/cuda/on_host) and on a device (tests/cuda/device).
#pragma once
#include <bit>
#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/cuda/bf16.h"
#include "kernels/cuda/candidate.h"
#include "kernels/cuda/memory.h"

namespace coppice::kernels {

inline float rounded(float value, Precision precision) {
  return precision == Precision::kBf16 ? from_bf16(to_bf16(value)) : value;
}

inline Layer linear_layer(std::int64_t outputs, std::int64_t channels, std::int64_t height = 1,
                          std::int64_t width = 1) {
  Layer layer;
  layer.shape.outputs = layer.weights.rows = outputs;
  layer.shape.channels = channels;
  layer.shape.height = layer.shape.kernel_height = height;
  layer.shape.width = layer.shape.kernel_width = width;
  layer.weights.columns = channels * height * width;
  return layer;
}

/// How a row's nonzeros lie.
enum class Rows { kEven, kEmpty, kFull, kPower, kOnePlace, kMixed };

inline void fill_rows(Layer& layer, Rows rows, double density, Precision precision, std::mt19937& random) {
  std::uniform_real_distribution<float> value(-1, 1);
  std::uniform_real_distribution<double> chance(0, 1);
  Csr& w = layer.weights;
  for (std::int64_t row = 0; row < w.rows; ++row) {
    const Rows kind = rows == Rows::kMixed ? static_cast<Rows>(random() % 5) : rows;
    double here = density;
    if (kind == Rows::kEmpty) here = 0;
    if (kind == Rows::kFull) here = 1;
    if (kind == Rows::kPower) here = std::min(1.0, density / (0.02 + chance(random)));
    // All in one block of columns, wherever blocks begin.
    const auto place = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(w.columns));
    for (std::int64_t column = 0; column < w.columns; ++column) {
      if (kind == Rows::kOnePlace && (column < place || column > place + 12)) continue;
      if (chance(random) >= (kind == Rows::kOnePlace ? 0.8 : here)) continue;
      w.column.push_back(static_cast<std::int32_t>(column));
      w.value.push_back(rounded(value(random), precision));
    }
    w.begin.push_back(w.nonzeros());
  }
}

inline void give_bias(Layer& layer, std::mt19937& random) {
  std::uniform_real_distribution<float> value(-1, 1);
  for (std::int64_t i = 0; i < layer.shape.outputs; ++i) layer.bias.push_back(value(random));
}

struct LinearData {
  std::vector<float> x, residual;   ///< Already rounded.
  std::vector<double> want, bound;  ///< reference_layer's
};

inline LinearData draw_data(const CudaRequest& request, std::mt19937& random) {
  std::uniform_real_distribution<float> value(-1, 1);
  const Layer& layer = request.layer;
  LinearData data;
  data.x.resize(static_cast<std::size_t>(layer.input(request.images, request.in).floats()));
  for (float& v : data.x) v = rounded(value(random), request.precision);
  const auto outputs = static_cast<std::size_t>(layer.output(request.images, request.out).floats());
  if (layer.residual) data.residual.resize(outputs);
  for (float& v : data.residual) v = rounded(value(random), request.precision);
  return data;
}

inline void define(const CudaRequest& request, LinearData& data) {
  const auto outputs = static_cast<std::size_t>(request.layer.output(request.images, request.out).floats());
  data.want.assign(outputs, 0);
  data.bound.assign(outputs, 0);
  reference_layer(request.layer, request.images, request.in, request.out, data.x.data(),
                  data.residual.empty() ? nullptr : data.residual.data(), data.want.data(),
                  data.bound.data());
}

inline DeviceBuffer to_device(const std::vector<float>& values, Precision precision) {
  if (precision != Precision::kBf16) return on_device(values);
  std::vector<Bf16> halves;
  for (const float value : values) halves.push_back(to_bf16(value));
  return on_device(halves);
}

struct LinearResult {
  std::vector<float> y;
  bool beyond = false;  ///< Something was written behind the output.
};

/// What run(x, residual, y) makes of the data.
template <class Run>
LinearResult result_of(const CudaRequest& request, const LinearData& data, const Run& run) {
  constexpr std::size_t kGuard = 64;
  const DeviceBuffer x = to_device(data.x, request.precision);
  const DeviceBuffer residual = to_device(data.residual, request.precision);
  const auto outputs = static_cast<std::size_t>(request.layer.output(request.images, request.out).floats());
  const std::size_t bytes = outputs * static_cast<std::size_t>(element_bytes(request.precision));
  std::vector<unsigned char> raw(bytes + kGuard, 0xcd);
  DeviceBuffer y = on_device(raw);
  run(x.data(), residual.data(), y.data());
  raw = on_host<unsigned char>(y);
  LinearResult result;
  for (std::size_t i = bytes; i < raw.size(); ++i) result.beyond = result.beyond || raw[i] != 0xcd;
  result.y.resize(outputs);
  for (std::size_t i = 0; i < outputs; ++i) {
    if (request.precision == Precision::kBf16) {
      Bf16 half;
      std::memcpy(&half, raw.data() + 2 * i, 2);
      result.y[i] = from_bf16(half);
    } else {
      std::memcpy(&result.y[i], raw.data() + 4 * i, 4);
    }
  }
  return result;
}

inline std::vector<float> run_on(CudaRunner& runner, const CudaRequest& request, const LinearData& data) {
  const LinearResult result = result_of(request, data, [&](const void* x, const void* residual, void* y) {
    runner.run(x, residual, y, nullptr);
  });
  EXPECT_FALSE(result.beyond) << "written behind the output";
  return result.y;
}

/// FP32 sums of n terms in any order, products fused, are off by at most about (n - 1) 2^-24 sum |term|; here
/// n = the row's nonzeros, bias and residual, and twice that is allowed. Then bf16 rounds the result once
/// more: by half of the last of its 8 bits.
inline double tolerance(const CudaRequest& request, const LinearData& data, std::size_t i) {
  const auto at = static_cast<std::int64_t>(i);
  const std::int64_t row =
      request.out.order == Order::kImagesLast ? at / request.images : at % request.layer.shape.outputs;
  const auto& begin = request.layer.weights.begin;
  const auto terms = static_cast<double>(begin[static_cast<std::size_t>(row) + 1] -
                                         begin[static_cast<std::size_t>(row)] + 2);
  const double sum = std::ldexp(2 * terms * data.bound[i], -24);
  if (request.precision != Precision::kBf16) return sum;
  const double most = std::max(std::abs(data.want[i]) + sum, std::ldexp(1.0, -126));
  return sum + std::ldexp(1.0, std::ilogb(most) - 8);
}

/// The first output that is off, or -1. NaN is off: there is none in such data.
inline std::int64_t first_wrong(const CudaRequest& request, const LinearData& data,
                                const std::vector<float>& got) {
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (!(std::abs(got[i] - data.want[i]) <= tolerance(request, data, i)))
      return static_cast<std::int64_t>(i);
  }
  return -1;
}

inline void expect_right(const CudaRequest& request, const LinearData& data, const std::vector<float>& got,
                         const std::string& what) {
  const std::int64_t wrong = first_wrong(request, data, got);
  const auto i = static_cast<std::size_t>(wrong);
  ASSERT_EQ(wrong, -1) << what << ": " << request.layer.shape.outputs << "x" << request.layer.shape.columns()
                       << ", " << request.layer.weights.nonzeros() << " nonzeros, " << request.images
                       << " images, " << precision_name(request.precision) << ", "
                       << order_name(request.in.order) << " to " << order_name(request.out.order) << ": "
                       << got[i] << " for " << data.want[i];
}

}  // namespace coppice::kernels
