// im2col()'s matrix by its definition, and as the kernel makes it.
#pragma once
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "cuda/conv_cases.h"
#include "kernels/cuda/im2col/im2col.h"
#include "kernels/cuda/memory.h"

namespace coppice::kernels::im2col_cases {

/// Numbers of input elements plus 1; 0 stands for padding.
inline std::vector<std::int64_t> sources(const LayerShape& s, std::int64_t images, Layout in) {
  const Activations x = {images, s.channels, s.height, s.width, in};
  std::vector<std::int64_t> matrix;
  for (std::int64_t k = 0; k < s.columns(); ++k) {
    const std::int64_t window = s.kernel_height * s.kernel_width;
    const std::int64_t channel = k / window, ky = k % window / s.kernel_width, kx = k % s.kernel_width;
    for (std::int64_t column = 0; column < images * s.pixels(); ++column) {
      const bool last = in.order == Order::kImagesLast;
      const std::int64_t image = last ? column % images : column / s.pixels();
      const std::int64_t pixel = last ? column / images : column % s.pixels();
      const std::int64_t row = pixel / s.out_width() * s.stride - s.padding + ky * s.dilation;
      const std::int64_t at = pixel % s.out_width() * s.stride - s.padding + kx * s.dilation;
      const bool there = row >= 0 && row < s.height && at >= 0 && at < s.width;
      matrix.push_back(there ? x.offset(image, channel, row, at) + 1 : 0);
    }
  }
  return matrix;
}

inline bool right(const LayerShape& s, std::int64_t images, Precision precision, Layout in, bool overlap) {
  const auto size = static_cast<std::size_t>(element_bytes(precision));
  const Activations x = {images, s.channels, s.height, s.width, in};
  std::vector<unsigned char> input(static_cast<std::size_t>(x.floats()) * size);
  std::uint32_t bits = 1;
  for (unsigned char& byte : input)
    byte = static_cast<unsigned char>((bits = bits * 1664525u + 1013904223u) >> 24);
  const std::vector<std::int64_t> from = sources(s, images, in);
  constexpr std::size_t kGuard = 64;
  std::vector<unsigned char> expected(from.size() * size + kGuard, 0xcd);
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::memset(expected.data() + i * size, 0, size);
    if (from[i] > 0)
      std::memcpy(expected.data() + i * size, input.data() + static_cast<std::size_t>(from[i] - 1) * size,
                  size);
  }
  const DeviceBuffer source = on_device(input);
  DeviceBuffer matrix(static_cast<std::int64_t>(expected.size()));
  matrix.fill(0xcd);
  im2col(s, images, precision, in, source.data(), matrix.data(), nullptr, overlap);
  return on_host<unsigned char>(matrix) == expected;
}

/// Calls use(shape, images, layout) for so many random ones, each made right.
template <class Use>
void check_drawn(std::uint32_t seed, int cases, const Use& use) {
  std::mt19937 random(seed);
  for (int i = 0; i < cases; ++i) {
    LayerShape shape = draw_conv_shape(random);
    shape.channels = std::min<std::int64_t>(shape.channels, 6);
    const auto images = static_cast<std::int64_t>(random() % 2 ? 1 + random() % 5 : 8);
    const Layout in = {random() % 2 ? Order::kPlain : Order::kImagesLast,
                       static_cast<std::int64_t>(random() % 2 * (random() % 3))};
    for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
      ASSERT_TRUE(right(shape, images, precision, in, i % 2 == 0))
          << shape.channels << "x" << shape.height << "x" << shape.width << ", window " << shape.kernel_height
          << "x" << shape.kernel_width << ", stride " << shape.stride << ", padding " << shape.padding
          << ", dilation " << shape.dilation << ", " << images << " images, " << order_name(in.order)
          << ", halo " << in.halo << ", " << precision_name(precision);
    }
    use(shape, images, in);
  }
}

inline void check_arguments() {
  const LayerShape s = {
      .outputs = 1, .channels = 1, .height = 4, .width = 4, .kernel_height = 3, .kernel_width = 3};
  DeviceBuffer x(256), matrix(256);
  const auto make = [&](Order order, const void* from, std::int64_t images) {
    im2col(s, images, Precision::kFp32, {order, 0}, from, matrix.data(), nullptr);
  };
  EXPECT_THROW(make(Order::kPlain, nullptr, 1), std::invalid_argument);
  EXPECT_THROW(make(Order::kPlain, x.as<unsigned char>() + 4, 1), std::invalid_argument);
  EXPECT_THROW(make(Order::kChannelsLast, x.data(), 1), std::invalid_argument);
  EXPECT_THROW(make(Order::kLanes, x.data(), 1), std::invalid_argument);
  EXPECT_THROW(make(Order::kPlain, x.data(), 0), std::invalid_argument);
  EXPECT_THROW(make(Order::kImagesLast, x.data(), std::int64_t{1} << 30), std::invalid_argument);
}

}  // namespace coppice::kernels::im2col_cases
