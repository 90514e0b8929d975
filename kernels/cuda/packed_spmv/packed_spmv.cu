#include <stdexcept>
#include <string>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/packed_spmv/kernel.cuh"
#include "kernels/cuda/packed_spmv/packed_spmv.h"

namespace coppice::kernels {

namespace {

using Kernel = void (*)(SpmvProblem);

template <class Group, int kLoads>
Kernel kernel_for(int padded_images) {
  switch (padded_images) {
    case 1: return packed_spmv_kernel<Group, 1, kLoads>;
    case 2: return packed_spmv_kernel<Group, 2, kLoads>;
    case 4: return packed_spmv_kernel<Group, 4, kLoads>;
    default: return packed_spmv_kernel<Group, 8, kLoads>;
  }
}

Kernel kernel_for(SpmvFormat format, int loads, int padded_images) {
  if (format == SpmvFormat::kBf16 && loads == 8) return kernel_for<SpmvBf16Group, 8>(padded_images);
  if (format == SpmvFormat::kBf16 && loads == 4) return kernel_for<SpmvBf16Group, 4>(padded_images);
  return kernel_for<SpmvFp32Group, 4>(padded_images);
}

}  // namespace

void launch_packed_spmv(SpmvFormat format, const SpmvProblem& problem, const SpmvLaunch& launch_with) {
  if (!spmv_kernel_exists(format, problem.images, launch_with.threads, launch_with.loads)) {
    throw std::invalid_argument("packed-spmv: no kernel for " + std::to_string(launch_with.threads) +
                                " threads with " + std::to_string(launch_with.loads) + " loads");
  }
  LaunchShape shape;
  shape.grid = dim3(static_cast<unsigned>(launch_with.ranges));
  shape.block = dim3(static_cast<unsigned>(launch_with.threads));
  shape.shared_bytes = launch_with.shared_bytes;
  shape.stream = launch_with.stream;
  shape.overlap_previous = launch_with.overlap_previous;
  launch(shape, kernel_for(format, launch_with.loads, spmv_padded_images(problem.images)), problem);
}

}  // namespace coppice::kernels
