// A convolution's inputs as a matrix. A block makes some columns of all rows of a channel, a thread one
// column or 16 bytes of columns: the images of one pixel.
#pragma once
#include <cstdint>

#include "kernels/cuda/device.cuh"

namespace coppice::kernels {

inline constexpr int kIm2colThreads = 256;

struct Im2colProblem {
  const void* x;
  void* matrix;
  std::int64_t first, channel_step, image_step, row_step, column_step;  ///< Of x, elements.
  std::int64_t columns;
  std::uint32_t column_blocks;  ///< Of a channel.
  std::uint32_t images, pixels, out_width;
  std::int32_t height, width, kernel_height, kernel_width, stride, padding, dilation;
  bool images_last;  ///< The columns of a pixel are side by side.
};

/// Vector: of so many bytes at once; an element, or 16 bytes of images.
template <class Element, class Vector>
__global__ void __launch_bounds__(kIm2colThreads) im2col_kernel(Im2colProblem p) {
  constexpr std::uint32_t kPerThread = sizeof(Vector) / sizeof(Element);
  let_next_launch_begin();
  const std::uint32_t channel = blockIdx.x / p.column_blocks;
  const std::uint32_t block = blockIdx.x - channel * p.column_blocks;
  const std::int64_t column = (std::int64_t{block} * blockDim.x + threadIdx.x) * kPerThread;
  const bool there = column < p.columns;
  const std::uint32_t at = there ? static_cast<std::uint32_t>(column) : 0;
  const std::uint32_t inner = p.images_last ? p.images : p.pixels;
  const std::uint32_t outer_at = at / inner, inner_at = at - outer_at * inner;
  const std::uint32_t pixel = p.images_last ? outer_at : inner_at,
                      image = p.images_last ? inner_at : outer_at;
  const auto out_row = static_cast<std::int32_t>(pixel / p.out_width);
  const auto out_column =
      static_cast<std::int32_t>(pixel - static_cast<std::uint32_t>(out_row) * p.out_width);
  const std::int32_t row = out_row * p.stride - p.padding, left = out_column * p.stride - p.padding;
  const Element* const x =
      static_cast<const Element*>(p.x) + p.first + channel * p.channel_step + image * p.image_step;
  Element* y = static_cast<Element*>(p.matrix) +
               std::int64_t{channel} * p.kernel_height * p.kernel_width * p.columns + column;
  wait_for_previous_launch();
  if (!there) return;
  for (std::int32_t ky = 0; ky < p.kernel_height; ++ky) {
    const std::int32_t in_row = row + ky * p.dilation;
    const bool row_there = in_row >= 0 && in_row < p.height;
#pragma unroll 4
    for (std::int32_t kx = 0; kx < p.kernel_width; ++kx) {
      const std::int32_t in_column = left + kx * p.dilation;
      Vector value = {};
      if (row_there && in_column >= 0 && in_column < p.width)
        value = *reinterpret_cast<const Vector*>(x + in_row * p.row_step + in_column * p.column_step);
      *reinterpret_cast<Vector*>(y) = value;
      y += p.columns;
    }
  }
}

}  // namespace coppice::kernels
