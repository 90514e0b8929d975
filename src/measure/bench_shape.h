#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/layer.h"

namespace coppice {

/// A layer as it is named at the command line.
struct BenchShape {
  kernels::LayerShape shape;
  std::int64_t images = 0;  ///< 0: not part of the name.
};

/// y[outputs] = W[outputs][inputs] x[inputs].
kernels::LayerShape linear_shape(std::int64_t outputs, std::int64_t inputs);
/// A square window of `kernel` on images [channels, height, width], padded by kernel / 2: with an odd kernel
/// and stride 1 the output is as large as the input.
kernels::LayerShape conv_shape(std::int64_t outputs, std::int64_t channels, std::int64_t height,
                               std::int64_t width, std::int64_t kernel, std::int64_t stride = 1);

/// "64x576, 3x3 stride 2, 32x32": the weight matrix, and of convolutions the window and the image.
std::string shape_text(const kernels::LayerShape& shape);

/// "MxKxN": a linear layer of M outputs and K inputs on N columns (the batch); or
/// "OUT,IN,HxW,KERNEL[,STRIDE]": a convolution. Throws BadInput, saying which part is wrong and how it is
/// written.
BenchShape parse_bench_shape(const std::string& text);

/// "HxW". Throws BadInput; `option` names it in the message.
struct ImageSize {
  std::int64_t height = 32, width = 32;
};
ImageSize parse_image_size(const std::string& text, const std::string& option);

/// Throws BadInput, naming `what`, where the layer's weights or the activations of so many images are more
/// than 2^31 numbers: no machine that this is meant for holds all the copies that kernels make of them.
void check_size(const kernels::LayerShape& shape, std::int64_t images, const std::string& what);

}  // namespace coppice
