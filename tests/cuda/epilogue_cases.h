// What the epilogue kernel must do, whatever it runs on.
#pragma once
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/cuda/bf16.h"
#include "kernels/cuda/epilogue/epilogue.h"
#include "kernels/cuda/memory.h"

namespace coppice::kernels::epilogue_cases {

struct EpilogueCase {
  ChannelPlaces places;
  bool bias = false, residual = false, relu = false;
};

/// Sixteenths, whose sums FP32 holds exactly, so that results are compared to the bit.
inline std::vector<float> sixteenths(std::mt19937& random, std::int64_t count) {
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = (static_cast<float>(random() % 2001) - 1000) / 16;
  return values;
}

inline float rounded(float value, Precision precision) {
  return precision == Precision::kBf16 ? from_bf16(to_bf16(value)) : value;
}

inline DeviceBuffer stored(const std::vector<float>& values, Precision precision) {
  if (precision != Precision::kBf16) return on_device(values);
  std::vector<Bf16> halves;
  for (const float value : values) halves.push_back(to_bf16(value));
  return on_device(halves);
}

inline std::vector<float> read(const DeviceBuffer& buffer, Precision precision) {
  if (precision != Precision::kBf16) return on_host<float>(buffer);
  std::vector<float> values;
  for (const Bf16 value : on_host<Bf16>(buffer)) values.push_back(from_bf16(value));
  return values;
}

/// One case against FP64 on the stored numbers; a NaN in the middle stays one.
inline void check_epilogue(const EpilogueCase& c, Precision precision, std::uint32_t seed) {
  std::mt19937 random(seed);
  const std::int64_t count = c.places.elements();
  std::vector<float> y = sixteenths(random, count), residual = sixteenths(random, count);
  const std::vector<float> bias = sixteenths(random, c.places.channels);
  if (count > 2) y[static_cast<std::size_t>(count / 2)] = std::numeric_limits<float>::quiet_NaN();
  DeviceBuffer output = stored(y, precision);
  const DeviceBuffer biases = on_device(bias), residuals = stored(residual, precision);
  add_epilogue(c.places, precision, c.bias ? biases.as<float>() : nullptr,
               c.residual ? residuals.data() : nullptr, c.relu, output.data(), nullptr);
  const std::vector<float> got = read(output, precision);
  ASSERT_EQ(static_cast<std::int64_t>(got.size()), count);
  for (std::int64_t i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    double sum = rounded(y[at], precision);
    if (c.bias) sum += bias[static_cast<std::size_t>(i / c.places.inner % c.places.channels)];
    if (c.residual) sum += rounded(residual[at], precision);
    if (c.relu && sum < 0) sum = 0;
    const float expected = rounded(static_cast<float>(sum), precision);
    ASSERT_TRUE(std::isnan(expected) ? std::isnan(got[at]) : got[at] == expected)
        << "element " << i << ": " << got[at] << " for " << expected << "; " << c.places.outer << "x"
        << c.places.channels << "x" << c.places.inner << ", " << precision_name(precision)
        << (c.bias ? ", bias" : "") << (c.residual ? ", residual" : "") << (c.relu ? ", ReLU" : "");
  }
}

/// Every combination of bias, residual and ReLU on small shapes, tails of all lengths among them.
inline void check_small_epilogues(std::uint32_t seed) {
  const ChannelPlaces shapes[] = {{1, 1, 1},  {1, 3, 1},  {5, 3, 1},  {1, 7, 9},  {2, 5, 7},
                                  {3, 1, 11}, {4, 16, 1}, {9, 37, 1}, {2, 3, 64}, {1, 600, 5}};
  for (const ChannelPlaces& places : shapes) {
    for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
      for (int bits = 0; bits < 8; ++bits) {
        check_epilogue({places, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0}, precision, seed++);
      }
    }
  }
}

/// So many elements that the threads must go round more than once.
inline void check_large_epilogue() {
  check_epilogue({{1024 * 256 / 8 + 100, 33, 1}, true, true, true}, Precision::kFp32, 5);
}

inline void check_epilogue_arguments() {
  DeviceBuffer y(64);
  const ChannelPlaces places = {1, 4, 4};
  const auto run = [&](const void* residual, void* output) {
    add_epilogue(places, Precision::kFp32, nullptr, residual, true, output, nullptr);
  };
  EXPECT_THROW(run(nullptr, nullptr), std::invalid_argument);
  EXPECT_THROW(run(nullptr, y.as<unsigned char>() + 4), std::invalid_argument);
  EXPECT_THROW(run(y.as<unsigned char>() + 8, y.data()), std::invalid_argument);
  // Nothing to do is done without a launch.
  add_epilogue({0, 4, 4}, Precision::kFp32, nullptr, nullptr, true, y.data(), nullptr);
}

}  // namespace coppice::kernels::epilogue_cases
