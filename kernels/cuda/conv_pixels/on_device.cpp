#include "kernels/cuda/conv_pixels/on_device.h"

namespace coppice::kernels {

ConvPixelsOnDevice::ConvPixelsOnDevice(const CudaRequest& request, const PackedConvPixels& packed)
    : tiling_(packed.tiling),
      precision_(request.precision),
      row_blocks_(packed.plan.blocks),
      shared_bytes_(packed.shared_bytes()),
      bytes_read_(packed.bytes_read()),
      slices_(on_device(packed.slices)),
      entries_(on_device(packed.entries)),
      rows_(request, packed.plan) {
  bytes_read_ += rows_.bytes();
  ConvPixelsProblem& p = problem_;
  p.patch = patch_problem(request.layer.shape, request.images, request.in, request.out, tiling_.tile());
  p.channels = static_cast<std::uint32_t>(request.layer.shape.channels);
  p.chunk_channels = static_cast<std::uint32_t>(tiling_.chunk_channels);
  p.chunks = static_cast<std::uint32_t>(packed.chunks);
  p.warp_rows = static_cast<std::uint32_t>(tiling_.warp_rows);
  p.pitch = packed.places.pitch;
  p.channel_cells = packed.places.channel_cells;
  p.patch_bytes = static_cast<std::uint32_t>(conv_pixels_patch_bytes(tiling_, packed.places));
  p.stage_bytes = p.patch_bytes + static_cast<std::uint32_t>(packed.slice_vectors) * 16;
  p.empty_vectors = static_cast<std::uint32_t>(conv_pixels_empty_vectors(tiling_));
  p.stages = static_cast<std::uint32_t>(tiling_.stages);
  p.splits = static_cast<std::uint32_t>(tiling_.splits);
  make_room();
}

ConvPixelsOnDevice::ConvPixelsOnDevice(const ConvPixelsOnDevice& other)
    : tiling_(other.tiling_),
      problem_(other.problem_),
      precision_(other.precision_),
      row_blocks_(other.row_blocks_),
      shared_bytes_(other.shared_bytes_),
      bytes_read_(other.bytes_read_),
      slices_(other.slices_.copy()),
      entries_(other.entries_.copy()),
      rows_(other.rows_) {
  make_room();
}

void ConvPixelsOnDevice::make_room() {
  if (tiling_.splits == 1) return;
  const std::int64_t sums = std::int64_t{tiling_.block_rows()} * 32 * tiling_.lane_pixels();
  const std::int64_t places = row_blocks_ * problem_.patch.tiles();
  parts_ = DeviceBuffer(places * tiling_.splits * sums * static_cast<std::int64_t>(sizeof(float)));
  arrived_ = DeviceBuffer(places * static_cast<std::int64_t>(sizeof(std::uint32_t)));
  arrived_.fill(0);
}

ConvPixelsProblem ConvPixelsOnDevice::problem(const void* x, const void* residual, void* y) const {
  ConvPixelsProblem problem = problem_;
  problem.out = rows_.output(residual, y);
  problem.x = x;
  problem.slices = slices_.as<std::uint32_t>();
  problem.entries = entries_.as<ConvPixelsVector>();
  problem.parts = parts_.as<float>();
  problem.arrived = arrived_.as<std::uint32_t>();
  return problem;
}

ConvPixelsLaunch ConvPixelsOnDevice::launch(bool overlap_previous, CudaStream stream) const {
  return {row_blocks_, problem_.patch.tiles(), shared_bytes_, precision_, overlap_previous, stream};
}

}  // namespace coppice::kernels
