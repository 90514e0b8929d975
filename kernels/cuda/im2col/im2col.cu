#include <algorithm>
#include <stdexcept>
#include <string>

#include "kernels/cuda/im2col/im2col.h"
#include "kernels/cuda/im2col/kernel.cuh"
#include "kernels/cuda/operands.h"

namespace coppice::kernels {

namespace {

constexpr std::int64_t kMost = 0x7fffffff;

template <class Element>
auto kernel_for(bool wide) {
  return wide ? im2col_kernel<Element, uint4> : im2col_kernel<Element, Element>;
}

}  // namespace

Im2colMatrix im2col_matrix(const LayerShape& shape, std::int64_t images) {
  return {shape.columns(), images * shape.pixels()};
}

void im2col(const LayerShape& shape, std::int64_t images, Precision precision, Layout in, const void* x,
            void* matrix, CudaStream stream, bool overlap) {
  const auto refuse = [](const char* why) { throw std::invalid_argument(std::string("im2col: ") + why); };
  if (in.order != Order::kPlain && in.order != Order::kImagesLast)
    refuse("the input is neither plain nor images-last");
  if (shape.columns() < 1 || images < 1 || shape.out_height() < 1 || shape.out_width() < 1)
    refuse("an empty layer or batch");
  check_operands("im2col", x, nullptr, matrix, false);
  const Activations input = {images, shape.channels, shape.height, shape.width, in};
  Im2colProblem p = {};
  p.x = x;
  p.matrix = matrix;
  p.first = input.offset(0, 0, 0, 0);
  p.channel_step = input.offset(0, 1, 0, 0) - p.first;
  p.image_step = input.offset(1, 0, 0, 0) - p.first;
  p.row_step = input.offset(0, 0, 1, 0) - p.first;
  p.column_step = input.offset(0, 0, 0, 1) - p.first;
  p.columns = im2col_matrix(shape, images).columns;
  if (p.columns > kMost) refuse("more than 2^31 - 1 columns");
  p.images = static_cast<std::uint32_t>(images);
  p.pixels = static_cast<std::uint32_t>(shape.pixels());
  p.out_width = static_cast<std::uint32_t>(shape.out_width());
  p.height = static_cast<std::int32_t>(shape.height);
  p.width = static_cast<std::int32_t>(shape.width);
  p.kernel_height = static_cast<std::int32_t>(shape.kernel_height);
  p.kernel_width = static_cast<std::int32_t>(shape.kernel_width);
  p.stride = static_cast<std::int32_t>(shape.stride);
  p.padding = static_cast<std::int32_t>(shape.padding);
  p.dilation = static_cast<std::int32_t>(shape.dilation);
  p.images_last = in.order == Order::kImagesLast;

  const std::int64_t per_vector = 16 / element_bytes(precision);
  const bool wide = p.images_last && images % per_vector == 0;
  const std::int64_t threads = wide ? p.columns / per_vector : p.columns;
  const std::int64_t block = std::min<std::int64_t>(kIm2colThreads, (threads + 31) / 32 * 32);
  const std::int64_t blocks = (threads + block - 1) / block;
  if (shape.channels > kMost / blocks) refuse("too many blocks for a launch");
  p.column_blocks = static_cast<std::uint32_t>(blocks);
  LaunchShape launched;
  launched.grid = dim3(static_cast<unsigned>(blocks * shape.channels));
  launched.block = dim3(static_cast<unsigned>(block));
  launched.stream = stream;
  launched.overlap_previous = overlap;
  if (precision == Precision::kBf16) {
    launch(launched, kernel_for<std::uint16_t>(wide), p);
  } else {
    launch(launched, kernel_for<std::uint32_t>(wide), p);
  }
}

}  // namespace coppice::kernels
