#include "kernels/cuda/row_plan/row_output.h"

namespace coppice::kernels {

RowsOnDevice::RowsOnDevice(const CudaRequest& request, const RowPlan& plan)
    : rows_(on_device(plan.rows)),
      rows_from_(on_device(plan.rows_from)),
      row_slots_(on_device(plan.row_slots)),
      bias_(on_device(request.layer.bias)) {
  const bool images_last = request.out.order == Order::kImagesLast;
  output_.y_row = images_last ? request.images : 1;
  output_.y_image = images_last ? 1 : request.layer.shape.outputs;
  output_.images = static_cast<std::uint32_t>(request.images);
  output_.block_slots = static_cast<std::uint32_t>(plan.block_slots());
  output_.relu = request.layer.relu;
}

RowsOnDevice::RowsOnDevice(const RowsOnDevice& other)
    : rows_(other.rows_.copy()),
      rows_from_(other.rows_from_.copy()),
      row_slots_(other.row_slots_.copy()),
      bias_(other.bias_.copy()),
      output_(other.output_) {}

RowOutput RowsOnDevice::output(const void* residual, void* y) const {
  RowOutput output = output_;
  output.rows = rows_.as<PlannedRow>();
  output.rows_from = rows_from_.as<std::uint32_t>();
  output.row_slots = row_slots_.as<std::uint16_t>();
  output.bias = bias_.as<float>();
  output.residual = residual;
  output.y = y;
  return output;
}

std::int64_t RowsOnDevice::bytes() const {
  return rows_.bytes() + rows_from_.bytes() + row_slots_.bytes() + bias_.bytes();
}

}  // namespace coppice::kernels
