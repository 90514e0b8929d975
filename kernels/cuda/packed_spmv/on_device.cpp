#include "kernels/cuda/packed_spmv/on_device.h"

#include <bit>

namespace coppice::kernels {

SpmvOnDevice::SpmvOnDevice(const CudaRequest& request, const PackedSpmv& packed)
    : format(packed.format),
      bytes_read(packed.bytes_read()),
      values(format == SpmvFormat::kBf16 ? on_device(packed.words) : on_device(packed.values)),
      slots(on_device(packed.slots)),
      pieces(on_device(packed.pieces)),
      rounds(on_device(packed.rounds)),
      split_rows_from(on_device(packed.split_rows_from)),
      split_rows(on_device(packed.split_rows)),
      bias(on_device(request.layer.bias)) {
  const std::int64_t rows = request.layer.shape.outputs, columns = request.layer.shape.columns();
  const bool in_last = request.in.order == Order::kImagesLast;
  const bool out_last = request.out.order == Order::kImagesLast;
  problem.pieces_per_range = packed.pieces_per_range;
  problem.x_image = in_last ? 1 : columns;
  problem.x_column = in_last ? request.images : 1;
  problem.y_image = out_last ? 1 : rows;
  problem.y_row = out_last ? request.images : 1;
  problem.images = static_cast<std::uint32_t>(request.images);
  problem.columns = static_cast<std::uint32_t>(columns);
  problem.block_columns = static_cast<std::uint32_t>(packed.tiling.block_columns);
  problem.column_blocks = static_cast<std::uint32_t>(packed.column_blocks);
  problem.lane_bits =
      static_cast<std::uint32_t>(std::countr_zero(static_cast<unsigned>(packed.tiling.lanes)));
  problem.relu = request.layer.relu;
  launch.ranges = packed.ranges;
  launch.threads = packed.tiling.threads;
  launch.shared_bytes = spmv_shared_bytes(format, request.images, packed.tiling.block_columns, packed.sums);
  point_at_buffers();
}

SpmvOnDevice::SpmvOnDevice(const SpmvOnDevice& other)
    : format(other.format),
      bytes_read(other.bytes_read),
      values(other.values.copy()),
      slots(other.slots.copy()),
      pieces(other.pieces.copy()),
      rounds(other.rounds.copy()),
      split_rows_from(other.split_rows_from.copy()),
      split_rows(other.split_rows.copy()),
      bias(other.bias.copy()),
      problem(other.problem),
      launch(other.launch) {
  point_at_buffers();
}

void SpmvOnDevice::point_at_buffers() {
  problem.values = values.data();
  problem.slots = slots.data();
  problem.pieces = pieces.as<SpmvPiece>();
  problem.rounds = rounds.as<std::uint32_t>();
  problem.split_rows_from = split_rows_from.as<std::uint32_t>();
  problem.split_rows = split_rows.as<SpmvSplitRow>();
  problem.bias = bias.as<float>();
}

}  // namespace coppice::kernels
