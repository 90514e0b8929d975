#include "sparse/executable.h"

#include "coppice/error.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <tuple>

#include "kernels/cpu/convert/convert.h"

namespace coppice {

using kernels::Activations;
using kernels::Layout;

namespace {

/// A value in one layout.
struct Place {
  std::size_t value;
  Layout layout;
  bool operator<(const Place& other) const {
    return std::tuple(value, layout.order, layout.halo) <
           std::tuple(other.value, other.layout.order, other.layout.halo);
  }
};

std::vector<Place> reads(const Program& program, const PlanOp& op) {
  if (op.convert) return {{op.value, op.from}};
  std::vector<Place> places;
  const Step& step = program.steps[op.step];
  for (std::size_t i = 0; i < step.inputs.size(); ++i) places.push_back({step.inputs[i], op.way.in[i]});
  return places;
}

Place writes(const Program& program, const PlanOp& op) {
  return op.convert ? Place{op.value, op.to} : Place{program.steps[op.step].output, op.way.out};
}

bool same(const Activations& a, const Activations& b) {
  return a.channels == b.channels && a.height == b.height && a.width == b.width && a.layout == b.layout;
}

}  // namespace

Executable::Executable(const Program& program, std::int64_t images, int threads, std::vector<PlanOp> ops) {
  const Place input{0, kAsPytorch}, output{program.steps.back().output, kAsPytorch};
  std::map<Place, std::size_t> last_read;
  for (std::size_t i = 0; i < ops.size(); ++i) {
    for (const Place& place : reads(program, ops[i])) last_read[place] = i;
  }
  last_read[output] = ops.size();

  // Memory passes from values that are spent to values of the same shape and layout, whose halo is as empty.
  struct Slot {
    Activations shape;
    float* data;
    std::size_t free_after;
  };
  std::vector<Slot> slots;
  std::map<Place, float*> where;
  const auto take = [&](const Place& place, std::size_t op) {
    const Activations shape = activations(program.values[place.value], images, place.layout);
    const auto read = last_read.find(place);
    const std::size_t until = read == last_read.end() ? op : read->second;
    for (Slot& slot : slots) {
      if (slot.free_after >= op || !same(slot.shape, shape)) continue;
      slot.free_after = until;
      return where[place] = slot.data;
    }
    buffers_.push_back(std::make_unique<Buffer>(shape));
    slots.push_back({shape, buffers_.back()->data(), until});
    return where[place] = slots.back().data;
  };
  const auto at = [&](const Place& place) {
    const auto found = where.find(place);
    if (found == where.end()) throw Failure("internal: a plan reads what it has not made");
    return found->second;
  };
  // The image's own memory is kept for it: it is written before the first operation, over and over.
  const Activations image = activations(program.values[0], images, kAsPytorch);
  buffers_.push_back(std::make_unique<Buffer>(image));
  first_ = where[input] = buffers_.back()->data();
  image_floats_ = image.floats();

  for (std::size_t i = 0; i < ops.size(); ++i) {
    Bound bound;
    bool op_reads_input = false;
    for (const Place& place : reads(program, ops[i])) {
      bound.inputs.push_back(at(place));
      op_reads_input |= !(place < input) && !(input < place);
    }
    copy_images_ |= op_reads_input && !ops[i].convert;
    const Place to = writes(program, ops[i]);
    bound.output = take(to, i);
    if (ops[i].convert) {
      const Activations x = activations(program.values[to.value], images, ops[i].from);
      const Activations y = activations(program.values[to.value], images, ops[i].to);
      bound.run = [conversion = kernels::Conversion(x, y), threads](const std::vector<const float*>& from,
                                                                    float* into) {
        conversion.run(from[0], into, threads);
      };
      // Conversions read the caller's images where they lie.
      bound.reads_images = op_reads_input;
    } else {
      bound.run = ops[i].way.run;
    }
    bound.way = std::move(ops[i].way);
    ops_.push_back(std::move(bound));
  }
  last_ = at(output);
  logit_floats_ = activations(program.values[output.value], images, kAsPytorch).floats();
}

void Executable::run(const float* images, float* logits) {
  if (copy_images_) std::memcpy(first_, images, static_cast<std::size_t>(image_floats_) * sizeof(float));
  for (Bound& op : ops_) {
    if (op.reads_images) op.inputs[0] = images;
    op.run(op.inputs, op.output);
  }
  std::memcpy(logits, last_, static_cast<std::size_t>(logit_floats_) * sizeof(float));
}

std::int64_t Executable::activation_bytes() const {
  std::int64_t bytes = 0;
  for (const auto& buffer : buffers_) bytes += buffer->bytes();
  return bytes;
}

std::int64_t Executable::packed_bytes() const {
  std::int64_t bytes = 0;
  for (const Bound& op : ops_) bytes += op.way.packed_bytes;
  return bytes;
}

}  // namespace coppice
