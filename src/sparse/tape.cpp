#include "sparse/tape.h"

#include "coppice/error.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "kernels/cpu/convert/convert.h"
#include "kernels/cpu/offset_spmm/offset_spmm.h"

namespace coppice {

using kernels::Layout;
using kernels::Order;

Tape::Tape(const WayContext& context, const float* images)
    : program_(context.program), images_(context.images), threads_(context.threads) {
  WayContext plain = context;
  plain.candidates = {kernels::im2col_candidate()};  // takes every layer
  values_.emplace_back(activations(program_.values[0], images_, kAsPytorch));
  // NaN times weights that are not there is nothing to some kernels and NaN to others: none could be checked.
  const std::int64_t floats = activations(program_.values[0], images_, kAsPytorch).floats();
  std::transform(images, images + floats, values_[0].data(),
                 [](float pixel) { return std::isfinite(pixel) ? pixel : 0; });
  for (const Step& step : program_.steps) {
    std::vector<Way> ways = ways_of(plain, step);
    const auto way = std::find_if(ways.begin(), ways.end(), [&](const Way& candidate) {
      return candidate.out == kAsPytorch && std::all_of(candidate.in.begin(), candidate.in.end(),
                                                        [](Layout in) { return in.order == Order::kPlain; });
    });
    if (way == ways.end()) throw Failure("internal: no plain way to run " + step.name);
    std::vector<Buffer> inputs;
    std::vector<const float*> pointers;
    for (std::size_t i = 0; i < step.inputs.size(); ++i) {
      inputs.push_back(value(step.inputs[i], way->in[i]));
      pointers.push_back(inputs.back().data());
    }
    values_.emplace_back(activations(program_.values[step.output], images_, kAsPytorch));
    way->run(pointers, values_.back().data());
  }
}

Buffer Tape::value(std::size_t value, Layout layout) const {
  const auto from = activations(program_.values[value], images_, kAsPytorch);
  const auto to = activations(program_.values[value], images_, layout);
  Buffer buffer(to);
  kernels::convert(from, values_[value].data(), to, buffer.data(), threads_);
  return buffer;
}

void Tape::check(std::size_t value, Layout layout, const float* y, const std::string& what) const {
  const auto from = activations(program_.values[value], images_, layout);
  const auto to = activations(program_.values[value], images_, kAsPytorch);
  Buffer plain(to);
  kernels::convert(from, y, to, plain.data(), threads_);
  double largest = 0, difference = 0;
  for (std::int64_t i = 0; i < to.floats(); ++i) {
    const double expected = values_[value].data()[i];
    if (!std::isfinite(expected)) return;  // nothing to hold a kernel to
    largest = std::max(largest, std::abs(expected));
    const double off = std::abs(plain.data()[i] - expected);
    if (!(off <= difference)) difference = off;
  }
  if (difference <= 1e-3 * largest + 1e-30) return;
  throw Failure(fmt::format("{} is off by {:.2g} of its largest output: please report this", what,
                            largest > 0 ? difference / largest : difference));
}

}  // namespace coppice
