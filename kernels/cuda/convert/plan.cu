#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels/cuda/convert/place.cuh"

namespace coppice::kernels {

namespace {

[[noreturn]] void refuse(const std::string& why) { throw std::invalid_argument("convert: " + why); }

std::int64_t count(const Activations& a) { return a.images * a.channels * a.height * a.width; }

/// The axes with more than one coordinate, the source's fastest first, those that are one joined.
std::vector<ConvertAxis> axes_of(const Activations& from, const Activations& to) {
  std::vector<ConvertAxis> axes;
  const auto add = [&](std::int64_t size, std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
    if (size < 2) return;
    ConvertAxis axis;
    axis.size = size;
    axis.from_step = from.offset(n, c, h, w) - from.offset(0, 0, 0, 0);
    axis.to_step = to.offset(n, c, h, w) - to.offset(0, 0, 0, 0);
    axes.push_back(axis);
  };
  add(from.images, 1, 0, 0, 0);
  add(from.channels, 0, 1, 0, 0);
  add(from.height, 0, 0, 1, 0);
  add(from.width, 0, 0, 0, 1);
  std::sort(axes.begin(), axes.end(),
            [](const ConvertAxis& a, const ConvertAxis& b) { return a.from_step < b.from_step; });
  std::vector<ConvertAxis> joined;
  for (const ConvertAxis& axis : axes) {
    if (!joined.empty() && axis.from_step == joined.back().from_step * joined.back().size &&
        axis.to_step == joined.back().to_step * joined.back().size) {
      joined.back().size *= axis.size;
    } else {
      joined.push_back(axis);
    }
  }
  joined.resize(kConvertAxes);  // with axes of one coordinate
  return joined;
}

/// Axes by their numbers.
using AxisOrder = std::vector<int>;

AxisOrder destination_order(const ConvertProblem& p) {
  AxisOrder order = {0, 1, 2, 3};
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    const ConvertAxis &left = p.axes[a], &right = p.axes[b];
    const bool left_alone = left.size == 1, right_alone = right.size == 1;  // have no step: last
    return left_alone != right_alone ? right_alone : left.to_step < right.to_step;
  });
  return order;
}

bool covered(const ConvertAxis& axis) { return axis.size <= std::int64_t{1} << axis.bits; }

/// Of a box, how many elements follow one another in an order, if all axes but the last were without gaps.
std::int64_t run_of(const ConvertProblem& p, const AxisOrder& order) {
  std::int64_t run = 1;
  for (const int a : order) {
    if (!covered(p.axes[a])) return run << p.axes[a].bits;
    run *= p.axes[a].size;
  }
  return run;
}

/// Doubles the side of the first axis in an order that is not covered, the very last's where all are.
void grow(ConvertProblem& p, const AxisOrder& order) {
  const auto open = std::find_if(order.begin(), order.end(), [&](int a) { return !covered(p.axes[a]); });
  ++p.axes[open == order.end() ? order.back() : *open].bits;
}

/// Boxes of 2^bits elements, of which long runs follow one another on both sides.
void cut(ConvertProblem& p, bool straight, int bits) {
  const AxisOrder read = {0, 1, 2, 3}, write = straight ? read : destination_order(p);
  for (int i = 0; i < bits; ++i) grow(p, run_of(p, read) <= run_of(p, write) ? read : write);
  std::uint32_t shift = 0;
  for (const int a : read) {
    p.axes[a].read_shift = shift;
    shift += p.axes[a].bits;
  }
  shift = 0;
  for (const int a : write) {
    p.axes[a].write_shift = shift;
    shift += p.axes[a].bits;
  }
  p.write_axis = static_cast<std::uint32_t>(write.front());
}

/// Whether so many elements at a time are in one run, which begins at a multiple of them.
bool whole(const ConvertProblem& p, std::uint32_t fastest, std::int64_t ConvertAxis::*step,
           std::int64_t first, std::int64_t elements) {
  const ConvertAxis& run = p.axes[fastest];
  if (run.*step != 1 || run.size % elements != 0 || std::int64_t{1} << run.bits < elements) return false;
  return first % elements == 0 && std::all_of(std::begin(p.axes), std::end(p.axes), [&](const auto& axis) {
           return &axis == &run || axis.*step % elements == 0;
         });
}

int log2_of(int threads) {
  int bits = 0;
  while (1 << bits < threads) ++bits;
  return bits;
}

void check(const StoredActivations& from, const StoredActivations& to, int threads) {
  const Activations &a = from.activations, &b = to.activations;
  if (a.layout.order == Order::kLanes || b.layout.order == Order::kLanes) refuse("activations in lanes");
  if (a.images != b.images || a.channels != b.channels || a.height != b.height || a.width != b.width)
    refuse("activations of different sizes");
  if (a.images < 0 || a.channels < 0 || a.height < 0 || a.width < 0 || a.layout.halo < 0 || b.layout.halo < 0)
    refuse("a negative size");
  if (threads < 32 || threads > kConvertThreads || (threads & (threads - 1)) != 0)
    refuse("threads are no power of two from 32 to 256");
}

}  // namespace

std::int64_t conversion_bytes(const StoredActivations& from, const StoredActivations& to) {
  return count(from.activations) * (element_bytes(from.precision) + element_bytes(to.precision));
}

bool lies_alike(const StoredActivations& from, const StoredActivations& to) {
  if (element_bytes(from.precision) != element_bytes(to.precision)) return false;
  const Activations &a = from.activations, &b = to.activations;
  const std::vector<ConvertAxis> axes = axes_of(a, b);
  return a.floats() == b.floats() && a.offset(0, 0, 0, 0) == b.offset(0, 0, 0, 0) &&
         std::all_of(axes.begin(), axes.end(),
                     [](const auto& axis) { return axis.from_step == axis.to_step; });
}

ConvertPlan plan_conversion(const StoredActivations& from, const StoredActivations& to, bool x_aligned,
                            bool y_aligned, int threads) {
  check(from, to, threads);
  ConvertPlan plan;
  plan.threads = threads;
  if (count(from.activations) == 0) return plan;
  ConvertProblem& p = plan.problem;
  const std::vector<ConvertAxis> axes = axes_of(from.activations, to.activations);
  std::copy(axes.begin(), axes.end(), p.axes);
  p.from_first = from.activations.offset(0, 0, 0, 0);
  p.to_first = to.activations.offset(0, 0, 0, 0);
  plan.straight = destination_order(p).front() == 0;
  const int bits = log2_of(threads * kConvertElements);
  cut(p, plan.straight, bits);

  std::int64_t read = 16 / element_bytes(from.precision), written = 16 / element_bytes(to.precision);
  if (plan.straight) read = written = std::max(read, written);
  plan.wide_read = x_aligned && whole(p, 0, &ConvertAxis::from_step, p.from_first, read);
  plan.wide_write = y_aligned && whole(p, p.write_axis, &ConvertAxis::to_step, p.to_first, written);
  if (plan.straight) plan.wide_read = plan.wide_write = plan.wide_read && plan.wide_write;
  const auto turns = [&](ConvertPlace* places, bool wide, std::int64_t elements, const auto& place) {
    const auto step = static_cast<std::uint32_t>(threads * (wide ? elements : 1));
    for (std::uint32_t i = 0; i * step < 1u << bits; ++i) places[i] = place(p, i * step);
  };
  turns(p.read, plan.wide_read, read, place_to_read);
  turns(p.write, plan.wide_write, written, place_to_write);

  plan.blocks = 1;
  for (ConvertAxis& axis : p.axes) {
    const std::int64_t side = std::int64_t{1} << axis.bits, boxes = (axis.size + side - 1) / side;
    if (boxes > 0x7fffffff / plan.blocks) refuse("too many blocks for a launch");
    axis.boxes = static_cast<std::uint32_t>(boxes);
    plan.blocks *= boxes;
  }
  if (!plan.straight) plan.shared_bytes = 4 * (std::int64_t{skewed((1u << bits) - 1)} + 1);
  return plan;
}

}  // namespace coppice::kernels
