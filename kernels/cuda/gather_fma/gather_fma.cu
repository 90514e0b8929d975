#include <stdexcept>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/gather_fma/gather_fma.h"
#include "kernels/cuda/gather_fma/kernel.cuh"

namespace coppice::kernels {

namespace {

using Kernel = void (*)(GatherProblem);

template <bool kVectors>
Kernel kernel_for(const GatherTiling& tiling) {
  switch (tiling.lane_images * 100 + tiling.warp_rows) {
    case 104: return gather_fma_kernel<4, 1, kVectors>;
    case 108: return gather_fma_kernel<8, 1, kVectors>;
    case 116: return gather_fma_kernel<16, 1, kVectors>;
    case 204: return gather_fma_kernel<4, 2, kVectors>;
    case 208: return gather_fma_kernel<8, 2, kVectors>;
    case 216: return gather_fma_kernel<16, 2, kVectors>;
    case 232: return gather_fma_kernel<32, 2, kVectors>;
    case 416: return gather_fma_kernel<16, 4, kVectors>;
    default: throw std::invalid_argument("gather-fma: no kernel for such a tiling");
  }
}

}  // namespace

void launch_gather_fma(const GatherTiling& tiling, const GatherProblem& problem,
                       const GatherLaunch& launch_with) {
  if (launch_with.blocks > 0x7fffffff)
    throw std::invalid_argument("gather-fma: too many blocks for a launch");
  LaunchShape shape;
  shape.grid = dim3(static_cast<unsigned>(launch_with.blocks));
  shape.block = dim3(static_cast<unsigned>(32 * tiling.warps));
  shape.shared_bytes = gather_shared_bytes(tiling);
  shape.stream = launch_with.stream;
  shape.overlap_previous = launch_with.overlap_previous;
  const bool vectors = problem.out.images % 4 == 0;
  launch(shape, vectors ? kernel_for<true>(tiling) : kernel_for<false>(tiling), problem);
}

}  // namespace coppice::kernels
