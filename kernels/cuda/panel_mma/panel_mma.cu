#include <stdexcept>
#include <string>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/panel_mma/kernel.cuh"
#include "kernels/cuda/panel_mma/panel_mma.h"

namespace coppice::kernels {

namespace {

using Kernel = void (*)(PanelProblem);

template <bool kAligned>
Kernel kernel_for(int columns) {
  switch (columns) {
    case 16: return panel_mma_kernel<16, kAligned>;
    case 64: return panel_mma_kernel<64, kAligned>;
    case 128: return panel_mma_kernel<128, kAligned>;
    default: return nullptr;
  }
}

}  // namespace

void launch_panel_mma(const PanelProblem& problem, const PanelLaunch& launch_with) {
  const bool aligned = problem.out.images % 8 == 0;
  const Kernel kernel =
      aligned ? kernel_for<true>(launch_with.columns) : kernel_for<false>(launch_with.columns);
  if (!kernel || launch_with.warps < 1 || launch_with.warps > kPanelMostWarps) {
    throw std::invalid_argument("panel-mma: no kernel for " + std::to_string(launch_with.warps) +
                                " warps and tiles of " + std::to_string(launch_with.columns) + " images");
  }
  LaunchShape shape;
  shape.grid = dim3(static_cast<unsigned>(launch_with.work), static_cast<unsigned>(launch_with.tiles));
  shape.block = dim3(static_cast<unsigned>(32 * launch_with.warps));
  shape.shared_bytes = launch_with.shared_bytes;
  shape.stream = launch_with.stream;
  shape.overlap_previous = launch_with.overlap_previous;
  launch(shape, kernel, problem);
}

}  // namespace coppice::kernels
