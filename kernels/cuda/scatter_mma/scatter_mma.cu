#include <stdexcept>
#include <string>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/scatter_mma/kernel.cuh"
#include "kernels/cuda/scatter_mma/scatter_mma.h"

namespace coppice::kernels {

namespace {

using Kernel = void (*)(ScatterProblem);

template <int kRowTiles, bool kImagesLast>
Kernel kernel_for(int padded_images) {
  switch (padded_images) {
    case 16: return scatter_mma_kernel<kRowTiles, 1, kImagesLast>;
    case 32: return scatter_mma_kernel<kRowTiles, 2, kImagesLast>;
    case 48: return scatter_mma_kernel<kRowTiles, 3, kImagesLast>;
    case 64: return scatter_mma_kernel<kRowTiles, 4, kImagesLast>;
    default: return nullptr;
  }
}

template <int kRowTiles>
Kernel kernel_for(int padded_images, bool images_last) {
  return images_last ? kernel_for<kRowTiles, true>(padded_images)
                     : kernel_for<kRowTiles, false>(padded_images);
}

Kernel kernel_for(const ScatterLaunch& launch) {
  switch (launch.row_tiles) {
    case 1: return kernel_for<1>(launch.padded_images, launch.images_last);
    case 2: return kernel_for<2>(launch.padded_images, launch.images_last);
    case 4: return kernel_for<4>(launch.padded_images, launch.images_last);
    default: return nullptr;
  }
}

}  // namespace

void launch_scatter_mma(const ScatterProblem& problem, const ScatterLaunch& launch_with) {
  const Kernel kernel = kernel_for(launch_with);
  if (!kernel || launch_with.threads < 32 || launch_with.threads % 32 != 0 ||
      launch_with.threads > static_cast<int>(kScatterMostThreads)) {
    throw std::invalid_argument("scatter-mma: no kernel for " + std::to_string(16 * launch_with.row_tiles) +
                                " rows a warp, " + std::to_string(launch_with.padded_images) + " images, " +
                                std::to_string(launch_with.threads) + " threads");
  }
  LaunchShape shape;
  shape.grid = dim3(static_cast<unsigned>(launch_with.blocks));
  shape.block = dim3(static_cast<unsigned>(launch_with.threads));
  shape.shared_bytes = launch_with.shared_bytes;
  shape.stream = launch_with.stream;
  shape.overlap_previous = launch_with.overlap_previous;
  launch(shape, kernel, problem);
}

}  // namespace coppice::kernels
