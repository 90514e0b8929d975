#include "kernels/cpu/pointwise/pointwise.h"

#include <algorithm>

#include "kernels/cpu/share.h"

namespace coppice::kernels {

namespace {

bool without_halos(const Activations& out, std::span<const Operand> inputs) {
  return out.layout.halo == 0 &&
         std::all_of(inputs.begin(), inputs.end(), [](const Operand& o) { return o.halo == 0; });
}

// Rows as they lie; in plain order, features are channels that lie together.
PointwiseRows describe(const Activations& out, bool relu, std::span<const Operand> inputs, float* y) {
  const bool features = out.layout.order == Order::kPlain && out.plane() == 1 && without_halos(out, inputs);
  const bool channels_last = out.layout.order == Order::kChannelsLast || features;
  PointwiseRows rows = {};
  rows.relu = relu;
  rows.planes = channels_last ? out.images : out.blocks() * out.channels;
  rows.inner = channels_last ? out.channels : out.lanes();
  rows.height = out.height;
  rows.width = out.width;
  rows.halo = out.layout.halo;
  rows.floats = rows.planes * rows.height * rows.width * rows.inner;
  rows.inputs = inputs.data();
  rows.count = static_cast<std::int64_t>(inputs.size());
  rows.channels = channels_last ? 0 : out.channels;
  rows.y = y;
  return rows;
}

void share_rows(const PointwiseRows& rows, int threads,
                void (*work)(const PointwiseRows&, std::int64_t, std::int64_t)) {
  if (rows.floats == 0) return;
  share_out(rows.planes * rows.height, rows.floats, threads,
            [&](std::int64_t begin, std::int64_t end) { work(rows, begin, end); });
}

}  // namespace

void add(std::span<const Operand> inputs, bool relu, const Activations& out, float* y, int threads,
         Isa level) {
  PointwiseRows rows = describe(out, relu, inputs, y);
  if (without_halos(out, inputs)) {
    // One array without gaps, cut into rows of any length.
    rows.inner = rows.height = 1;
    rows.width = 1024;
    rows.planes = (rows.floats + rows.width - 1) / rows.width;
  }
  share_rows(rows, threads, COPPICE_BY_ISA(level, add_rows));
}

void affine(const Operand& x, const float* scale, const float* shift, bool relu, const Activations& out,
            float* y, int threads, Isa level) {
  PointwiseRows rows = describe(out, relu, {&x, 1}, y);
  rows.scale = scale;
  rows.shift = shift;
  share_rows(rows, threads, COPPICE_BY_ISA(level, affine_rows));
}

}  // namespace coppice::kernels
