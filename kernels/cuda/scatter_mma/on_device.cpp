#include "kernels/cuda/scatter_mma/on_device.h"

namespace coppice::kernels {

ScatterOnDevice::ScatterOnDevice(const CudaRequest& request, const PackedScatter& packed)
    : tiling_(packed.tiling),
      bytes_read_(packed.bytes_read()),
      partial_bytes_(scatter_partial_bytes(packed.tiling, packed.padded_images, packed.partials)),
      row_blocks_(packed.rows.blocks),
      rows_(request, packed.rows),
      words_(on_device(packed.words)),
      slices_(on_device(packed.slices)),
      parts_(on_device(packed.parts)),
      starts_(on_device(packed.starts)),
      columns_(on_device(packed.columns)) {
  const int images = packed.padded_images;
  const bool images_last = packed.images_last;
  problem_.x_row = images_last ? request.images : request.layer.shape.columns();
  problem_.k = static_cast<std::uint32_t>(request.layer.shape.columns());
  problem_.stages = static_cast<std::uint32_t>(tiling_.stages);
  problem_.stage_bytes = static_cast<std::uint32_t>(scatter_stage_bytes(tiling_, images, images_last));
  problem_.teams = static_cast<std::uint32_t>(tiling_.teams);
  problem_.flag = static_cast<std::uint32_t>(scatter_flag(tiling_, images, images_last));
  problem_.aligned = problem_.x_row % 8 == 0;
  launch_.blocks = std::ssize(packed.parts);
  launch_.threads = tiling_.threads();
  launch_.row_tiles = tiling_.row_tiles;
  launch_.padded_images = images;
  launch_.images_last = images_last;
  launch_.shared_bytes = scatter_shared_bytes(tiling_, images, images_last);
}

ScatterOnDevice::ScatterOnDevice(const ScatterOnDevice& other)
    : tiling_(other.tiling_),
      bytes_read_(other.bytes_read_),
      partial_bytes_(other.partial_bytes_),
      row_blocks_(other.row_blocks_),
      rows_(other.rows_),
      words_(other.words_.copy()),
      slices_(other.slices_.copy()),
      parts_(other.parts_.copy()),
      starts_(other.starts_.copy()),
      columns_(other.columns_.copy()),
      problem_(other.problem_),
      launch_(other.launch_) {}

ScatterProblem ScatterOnDevice::problem(const void* residual, void* y) const {
  ScatterProblem problem = problem_;
  problem.words = words_.data();
  problem.slices = slices_.as<ScatterSlice>();
  problem.parts = parts_.as<ScatterPart>();
  problem.starts = starts_.as<ScatterSlice>();
  problem.columns = columns_.as<std::uint32_t>();
  problem.out = rows_.output(residual, y);
  return problem;
}

ScatterWorkspace::ScatterWorkspace(const ScatterOnDevice& layer)
    : partials_(layer.partial_bytes()),
      arrived_(layer.row_blocks() * static_cast<std::int64_t>(sizeof(std::uint32_t))) {
  arrived_.fill(0);
}

void ScatterWorkspace::give_to(ScatterProblem& problem) {
  problem.partials = partials_.data();
  problem.arrived = arrived_.as<std::uint32_t>();
}

}  // namespace coppice::kernels
