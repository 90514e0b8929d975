#include <stdexcept>

#include "kernels/cuda/conv_pixels/conv_pixels.h"
#include "kernels/cuda/conv_pixels/kernel.cuh"
#include "kernels/cuda/device.cuh"

namespace coppice::kernels {

namespace {

using Kernel = void (*)(ConvPixelsProblem);

template <class Element>
Kernel kernel_for(int lane_pixels) {
  switch (lane_pixels) {
    case 1: return conv_pixels_kernel<Element, 1>;
    case 2: return conv_pixels_kernel<Element, 2>;
    case 3: return conv_pixels_kernel<Element, 3>;
    case 4: return conv_pixels_kernel<Element, 4>;
    case 5: return conv_pixels_kernel<Element, 5>;
    case 6: return conv_pixels_kernel<Element, 6>;
    case 7: return conv_pixels_kernel<Element, 7>;
    case 8: return conv_pixels_kernel<Element, 8>;
    default: throw std::invalid_argument("conv-pixels: no kernel for such a tiling");
  }
}

}  // namespace

void launch_conv_pixels(const ConvPixelsTiling& tiling, const ConvPixelsProblem& problem,
                        const ConvPixelsLaunch& launch_with) {
  if (launch_with.tiles > 0x7fffffff || launch_with.row_blocks > 0xffff)
    throw std::invalid_argument("conv-pixels: too many blocks for a launch");
  LaunchShape shape;
  shape.grid = dim3(static_cast<unsigned>(launch_with.tiles), static_cast<unsigned>(tiling.splits),
                    static_cast<unsigned>(launch_with.row_blocks));
  shape.block = dim3(static_cast<unsigned>(32 * tiling.warps));
  shape.shared_bytes = launch_with.shared_bytes;
  shape.stream = launch_with.stream;
  shape.overlap_previous = launch_with.overlap_previous;
  const Kernel kernel = launch_with.precision == Precision::kBf16
                            ? kernel_for<std::uint16_t>(tiling.lane_pixels())
                            : kernel_for<float>(tiling.lane_pixels());
  launch(shape, kernel, problem);
}

}  // namespace coppice::kernels
