#include "kernels/cpu/pool/pool.h"

#include "kernels/cpu/pool/rows.h"
#include "kernels/cpu/share.h"

namespace coppice::kernels {

void pool(const Pool& pool, const Activations& in, const float* x, const Activations& out, float* y,
          int threads, Isa level) {
  const bool channels_last = in.layout.order == Order::kChannelsLast;
  const std::int64_t inner = channels_last ? in.channels : in.lanes();
  const std::int64_t planes = channels_last ? in.images : in.blocks() * in.channels;
  PoolRows rows;
  rows.max = pool.kind == Pool::Kind::kMax;
  rows.relu = pool.relu;
  rows.kernel_height = pool.kernel_height;
  rows.kernel_width = pool.kernel_width;
  rows.stride = pool.stride;
  rows.padding = pool.padding;
  rows.inner = inner;
  rows.in_height = in.height;
  rows.in_width = in.width;
  rows.out_height = out.height;
  rows.out_width = out.width;
  rows.in_plane = in.plane() * inner;
  rows.in_row = in.pitch() * inner;
  rows.out_plane = out.plane() * inner;
  rows.out_row = out.pitch() * inner;
  rows.x = x + in.offset(0, 0, 0, 0);
  rows.y = y + out.offset(0, 0, 0, 0);
  const auto work = COPPICE_BY_ISA(level, pool_rows);
  share_out(planes * out.height, planes * in.height * in.width * inner, threads,
            [&](std::int64_t begin, std::int64_t end) { work(rows, begin, end); });
}

}  // namespace coppice::kernels
