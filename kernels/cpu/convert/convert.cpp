#include "kernels/cpu/convert/convert.h"

#include <algorithm>
#include <vector>

#include "kernels/cpu/convert/moves.h"
#include "kernels/cpu/share.h"

namespace coppice::kernels {

namespace {

constexpr std::int64_t kBlock = 4 * 1024;

struct Dimension {
  std::int64_t size, from, to;  // strides
  bool lane = false;            // of the image within its block of lanes
};

struct Strides {
  std::int64_t image, channel, row, column;
  explicit Strides(const Activations& a)
      : image(a.channels * a.plane()), channel(a.plane()), row(a.pitch()), column(1) {
    if (a.layout.order == Order::kChannelsLast) channel = 1, row *= a.channels, column = a.channels;
    if (a.layout.order == Order::kLanes) channel *= kLanes, row *= kLanes, column *= kLanes, image = 1;
  }
};

/// Without those of one element, neighbours merged where they are one dimension on both sides.
std::vector<Dimension> simplified(const std::vector<Dimension>& all) {
  std::vector<Dimension> kept;
  for (const Dimension& d : all) {
    if (d.size == 1) continue;
    if (!kept.empty() && !kept.back().lane && !d.lane && kept.back().from == d.size * d.from &&
        kept.back().to == d.size * d.to) {
      kept.back() = {kept.back().size * d.size, d.from, d.to};
    } else {
      kept.push_back(d);
    }
  }
  if (kept.empty()) kept.push_back({1, 1, 1});
  return kept;
}

Moves plan(std::vector<Dimension> dimensions, std::int64_t lanes_given) {
  dimensions = simplified(dimensions);
  const auto densest = [&](std::int64_t Dimension::*stride) {
    return std::min_element(dimensions.begin(), dimensions.end(),
                            [&](const Dimension& a, const Dimension& b) { return a.*stride < b.*stride; }) -
           dimensions.begin();
  };
  const std::ptrdiff_t row = densest(&Dimension::to), column = densest(&Dimension::from);
  Moves moves;
  moves.rows = moves.rows_given = dimensions[row].size;
  if (dimensions[row].lane) moves.rows_given = lanes_given;
  moves.from_row = dimensions[row].from;
  moves.to_row = dimensions[row].to;
  if (column != row) {
    moves.columns = dimensions[column].size;
    moves.from_column = dimensions[column].from;
    moves.to_column = dimensions[column].to;
  }
  std::int64_t repetitions = 1;
  int outer = Moves::kOuter;
  for (std::ptrdiff_t i = std::ssize(dimensions) - 1; i >= 0; --i) {
    if (i == row || i == column) continue;
    --outer;
    moves.size[outer] = dimensions[i].size;
    moves.from[outer] = dimensions[i].from;
    moves.to[outer] = dimensions[i].to;
    repetitions *= dimensions[i].size;
  }
  moves.row_block =
      std::min(moves.rows, moves.columns > 1 ? std::max<std::int64_t>(64, kBlock / moves.columns) : kBlock);
  moves.column_block = std::min(moves.columns, std::max<std::int64_t>(64, kBlock / moves.row_block));
  moves.row_blocks = (moves.rows + moves.row_block - 1) / moves.row_block;
  moves.column_blocks = (moves.columns + moves.column_block - 1) / moves.column_block;
  moves.blocks = repetitions * moves.row_blocks * moves.column_blocks;
  return moves;
}

}  // namespace

void Conversion::add(const Moves& moves, std::int64_t from, std::int64_t to, std::int64_t floats) {
  parts_[count_++] = {moves, from, to, floats};
}

Conversion::Conversion(const Activations& from, const Activations& to, Isa level) : level_(level) {
  const Strides a(from), b(to);
  const std::int64_t floats = from.images * from.channels * from.height * from.width;
  if (floats == 0) return;
  const std::int64_t x = from.offset(0, 0, 0, 0), y = to.offset(0, 0, 0, 0);
  const Dimension channel = {from.channels, a.channel, b.channel}, row = {from.height, a.row, b.row},
                  column = {from.width, a.column, b.column};
  const bool in_lanes = from.layout.order == Order::kLanes, out_lanes = to.layout.order == Order::kLanes;
  if (!in_lanes && !out_lanes) {
    add(plan({{from.images, a.image, b.image}, channel, row, column}, 0), x, y, floats);
    return;
  }
  const std::int64_t from_block = from.channels * from.plane() * kLanes;
  const std::int64_t to_block = to.channels * to.plane() * kLanes;
  const std::int64_t whole = from.images / kLanes, rest = from.images % kLanes;
  if (whole > 0) {
    add(plan({{whole, from_block, to_block}, channel, row, column, {kLanes, a.image, b.image}}, kLanes), x, y,
        floats);
  }
  if (rest > 0) {
    const Dimension lane = {out_lanes ? kLanes : rest, a.image, b.image, true};
    add(plan({channel, row, column, lane}, rest), x + whole * from_block, y + whole * to_block,
        floats / from.images * rest);
  }
}

void Conversion::run(const float* x, float* y, int threads) const {
  const auto blocks = COPPICE_BY_ISA(level_, move_blocks);
  for (int i = 0; i < count_; ++i) {
    const Part& part = parts_[i];
    share_out(part.moves.blocks, part.floats, threads, [&](std::int64_t begin, std::int64_t end) {
      blocks(part.moves, x + part.from, y + part.to, begin, end);
    });
  }
}

void convert(const Activations& from, const float* x, const Activations& to, float* y, int threads,
             Isa level) {
  Conversion(from, to, level).run(x, y, threads);
}

}  // namespace coppice::kernels
