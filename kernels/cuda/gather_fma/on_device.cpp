#include "kernels/cuda/gather_fma/on_device.h"

namespace coppice::kernels {

GatherOnDevice::GatherOnDevice(const CudaRequest& request, const PackedGather& packed)
    : tiling_(packed.tiling),
      row_blocks_(packed.plan.blocks),
      bytes_read_(packed.bytes_read()),
      images_(request.images),
      order_(on_device(packed.order)),
      slices_from_(on_device(packed.slices_from)),
      slices_(on_device(packed.slices)),
      columns_(on_device(packed.columns)),
      entries_(on_device(packed.entries)),
      rows_(request, packed.plan) {
  bytes_read_ += rows_.bytes();
  make_room();
}

GatherOnDevice::GatherOnDevice(const GatherOnDevice& other)
    : tiling_(other.tiling_),
      row_blocks_(other.row_blocks_),
      bytes_read_(other.bytes_read_),
      images_(other.images_),
      order_(other.order_.copy()),
      slices_from_(other.slices_from_.copy()),
      slices_(other.slices_.copy()),
      columns_(other.columns_.copy()),
      entries_(other.entries_.copy()),
      rows_(other.rows_) {
  make_room();
}

std::int64_t GatherOnDevice::places() const {
  return row_blocks_ * ((images_ + tiling_.tile() - 1) / tiling_.tile());
}

void GatherOnDevice::make_room() {
  if (tiling_.splits == 1) return;
  const auto sums = std::int64_t{tiling_.block_rows()} * tiling_.tile();
  parts_ = DeviceBuffer(blocks() * sums * static_cast<std::int64_t>(sizeof(float)));
  turns_ = DeviceBuffer(places() * static_cast<std::int64_t>(sizeof(std::uint32_t)));
  turns_.fill(0);
}

GatherProblem GatherOnDevice::problem(const void* x, const void* residual, void* y) const {
  GatherProblem problem = {};
  problem.order = order_.as<std::uint32_t>();
  problem.slices_from = slices_from_.as<std::uint32_t>();
  problem.slices = slices_.as<GatherSlice>();
  problem.columns = columns_.as<std::uint32_t>();
  problem.entries = entries_.as<GatherVector>();
  problem.x = static_cast<const float*>(x);
  problem.out = rows_.output(residual, y);
  problem.tiles = static_cast<std::uint32_t>((images_ + tiling_.tile() - 1) / tiling_.tile());
  problem.splits = static_cast<std::uint32_t>(tiling_.splits);
  problem.parts = parts_.as<float>();
  problem.turns = turns_.as<std::uint32_t>();
  problem.slice_columns = static_cast<std::uint32_t>(tiling_.slice_columns);
  problem.slice_vectors = static_cast<std::uint32_t>(tiling_.slice_vectors);
  problem.stages = static_cast<std::uint32_t>(tiling_.stages);
  return problem;
}

}  // namespace coppice::kernels
