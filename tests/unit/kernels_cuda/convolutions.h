#pragma once
#include <random>

#include "kernels/layer.h"

namespace coppice::kernels {

/// A small convolution with padding, strides and dilation, oblong images and windows.
inline LayerShape random_convolution(std::mt19937& random) {
  const auto fits = [](const LayerShape& s, std::int64_t size, std::int64_t kernel) {
    return size + 2 * s.padding >= s.dilation * (kernel - 1) + 1;
  };
  LayerShape s;
  do {
    s.outputs = 1 + random() % 9;
    s.channels = 1 + random() % 9;
    s.height = 1 + random() % 20;
    s.width = 1 + random() % 20;
    s.kernel_height = 1 + random() % 5;
    s.kernel_width = 1 + random() % 5;
    s.stride = 1 + random() % 3;
    s.padding = random() % 4;
    s.dilation = 1 + random() % 3;
  } while (!fits(s, s.height, s.kernel_height) || !fits(s, s.width, s.kernel_width));
  return s;
}

}  // namespace coppice::kernels
