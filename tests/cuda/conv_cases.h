// Convolutions for our kernels, drawn at random, and their results against the definition in FP64.
#pragma once
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "cuda/linear_cases.h"
#include "cuda/linear_on_host.h"

namespace coppice::kernels {

/// Small, with borders, strides, dilation, oblong images and windows; often one channel or one pixel.
inline LayerShape draw_conv_shape(std::mt19937& random) {
  const auto from_to = [&](std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(random);
  };
  LayerShape shape;
  do {
    shape.outputs = from_to(0, 4) == 0 ? 1 : from_to(1, 40);
    shape.channels = from_to(0, 4) == 0 ? 1 : from_to(1, 14);
    shape.height = from_to(0, 5) == 0 ? 1 : from_to(1, 11);
    shape.width = from_to(0, 5) == 0 ? 1 : from_to(1, 11);
    shape.kernel_height = from_to(0, 2) == 0 ? 1 : from_to(1, 5);
    shape.kernel_width = from_to(0, 2) == 0 ? shape.kernel_height : from_to(1, 5);
    shape.stride = from_to(0, 1) == 0 ? 1 : from_to(1, 3);
    shape.padding = from_to(0, 3);
    shape.dilation = from_to(0, 2) == 0 ? from_to(1, 3) : 1;
  } while (shape.height + 2 * shape.padding < shape.dilation * (shape.kernel_height - 1) + 1 ||
           shape.width + 2 * shape.padding < shape.dilation * (shape.kernel_width - 1) + 1 || shape.linear());
  return shape;
}

/// Without weights yet: see fill_rows().
inline Layer conv_layer(const LayerShape& shape) {
  Layer layer;
  layer.shape = shape;
  layer.weights.rows = shape.outputs;
  layer.weights.columns = shape.columns();
  return layer;
}

/// Calls use(channel, offset) for every element but the halo's.
template <class Use>
void for_each_element(const Activations& a, const Use& use) {
  for (std::int64_t image = 0; image < a.images; ++image) {
    for (std::int64_t channel = 0; channel < a.channels; ++channel) {
      for (std::int64_t row = 0; row < a.height; ++row) {
        for (std::int64_t column = 0; column < a.width; ++column)
          use(channel, static_cast<std::size_t>(a.offset(image, channel, row, column)));
      }
    }
  }
}

/// As draw_data() and define(), with halos of 0.
inline LinearData draw_conv_data(const CudaRequest& request, std::mt19937& random) {
  LinearData data = draw_data(request, random);
  std::vector<float> inside(data.x.size(), 0.0f);
  for_each_element(request.layer.input(request.images, request.in),
                   [&](std::int64_t, std::size_t at) { inside[at] = data.x[at]; });
  data.x = std::move(inside);
  define(request, data);
  return data;
}

/// As tolerance(), for an output channel.
inline double conv_tolerance(const CudaRequest& request, const LinearData& data, std::int64_t channel,
                             std::size_t at) {
  const auto& begin = request.layer.weights.begin;
  const auto row = static_cast<std::size_t>(channel);
  const double sum =
      std::ldexp(2 * static_cast<double>(begin[row + 1] - begin[row] + 2) * data.bound[at], -24);
  if (request.precision != Precision::kBf16) return sum;
  const double most = std::max(std::abs(data.want[at]) + sum, std::ldexp(1.0, -126));
  return sum + std::ldexp(1.0, std::ilogb(most) - 8);
}

/// Elements that are off, and of the halo that were written (result_of() fills y with 0xcd).
inline std::int64_t count_wrong(const CudaRequest& request, const LinearData& data,
                                const std::vector<float>& got) {
  const float untouched =
      request.precision == Precision::kBf16 ? from_bf16(Bf16{0xcdcd}) : std::bit_cast<float>(0xcdcdcdcdu);
  std::vector<bool> inside(got.size(), false);
  std::int64_t wrong = 0;
  for_each_element(request.layer.output(request.images, request.out),
                   [&](std::int64_t channel, std::size_t at) {
                     inside[at] = true;
                     const double off = std::abs(got[at] - data.want[at]);
                     wrong += !(off <= conv_tolerance(request, data, channel, at));
                   });
  for (std::size_t at = 0; at < got.size(); ++at) wrong += !inside[at] && got[at] != untouched;
  return wrong;
}

inline std::string conv_text(const CudaRequest& request) {
  const LayerShape& s = request.layer.shape;
  const auto n = [](std::int64_t value) { return std::to_string(value); };
  return n(s.channels) + " to " + n(s.outputs) + " channels, " + n(s.height) + "x" + n(s.width) +
         ", window " + n(s.kernel_height) + "x" + n(s.kernel_width) + ", stride " + n(s.stride) +
         ", padding " + n(s.padding) + ", dilation " + n(s.dilation) + ", " + n(request.images) +
         " images, halo " + n(request.in.halo) + " to " + n(request.out.halo) + ", " +
         n(request.layer.weights.nonzeros()) + " nonzeros, " + precision_name(request.precision);
}

/// As check_in_every_schedule().
inline void check_conv_in_every_schedule(const CudaRequest& request, CudaRunner& runner,
                                         const LinearData& data) {
  const std::vector<float> got = run_on(runner, request, data);
  ASSERT_EQ(count_wrong(request, data, got), 0) << runner.variant() << ": " << conv_text(request);
  const auto copy = runner.replicate();
  for (const Schedule schedule : {Schedule::kReverse, Schedule::kShuffled}) {
    const ScheduleScope scope(schedule, 7);
    CudaRunner& other = schedule == Schedule::kReverse ? *copy : runner;
    ASSERT_EQ(bits(run_on(other, request, data)), bits(got))
        << runner.variant() << ": " << conv_text(request);
  }
}

}  // namespace coppice::kernels
