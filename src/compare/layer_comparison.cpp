#include "compare/layer_comparison.h"

#include "coppice/error.h"

#include <algorithm>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "base/interrupt.h"
#include "kernels/cpu/convert/convert.h"
#include "measure/alternate.h"
#include "measure/bench_shape.h"
#include "sparse/bound_way.h"

namespace coppice {

namespace {

/// The fastest variant of each kernel when the plan was made, and the one it chose.
std::vector<std::size_t> worth_sampling(const PlannedStep& planned) {
  constexpr double kHopeless = 20;
  // Each kind has its own: at a density of 2% no dense kernel comes near, and one must stand beside.
  double fastest[2] = {1e30, 1e30};
  for (const KnownWay& way : planned.ways) {
    fastest[way.sparse] = std::min(fastest[way.sparse], way.seconds);
  }
  std::vector<std::size_t> chosen = {planned.chosen};
  std::set<std::string> kernels = {planned.ways[planned.chosen].kernel};
  for (std::size_t i = 0; i < planned.ways.size(); ++i) {  // fastest first
    if (planned.ways[i].seconds > kHopeless * fastest[planned.ways[i].sparse]) continue;
    if (kernels.insert(planned.ways[i].kernel).second) chosen.push_back(i);
  }
  return chosen;
}

/// The way as it would stand in the place of another: the other's inputs converted, its own output converted
/// back.
std::function<void()> in_place_of(const WayContext& context, const Tape& tape, const Step& step,
                                  const BoundWay& other, BoundWay& own) {
  std::vector<std::function<void()>> runs;
  const auto convert = [&](std::size_t value, kernels::Layout from, const Buffer& x, kernels::Layout to,
                           Buffer& y) {
    if (from == to) return;
    const Value& what = context.program.values[value];
    const kernels::Conversion conversion(activations(what, context.images, from),
                                         activations(what, context.images, to));
    runs.push_back([conversion, in = x.data(), out = y.data(), threads = context.threads] {
      conversion.run(in, out, threads);
    });
  };
  for (std::size_t i = 0; i < step.inputs.size(); ++i) {
    convert(step.inputs[i], other.way.in[i], *other.buffers[i], own.way.in[i], *own.buffers[i]);
  }
  runs.push_back(own.run);
  own.buffers.push_back(std::make_shared<Buffer>(tape.value(step.output, other.way.out)));
  convert(step.output, own.way.out, *own.buffers[step.inputs.size()], other.way.out, *own.buffers.back());
  return [runs] {
    for (const auto& run : runs) run();
  };
}

std::string layout_of(const Way& way) {
  const std::string in = layout_text(way.in[0]), out = layout_text(way.out);
  return in == out ? in : in + " to " + out;
}

std::string why_text(const LayerComparison& layer) {
  const std::string density = fmt::format("{:.1f}% density", 100 * layer.density);
  if (layer.best_dense.empty()) return "no dense kernel can run it";
  if (layer.best_sparse.empty()) return "no sparse kernel can run it";
  const auto chosen =
      std::find_if(layer.candidates.begin(), layer.candidates.end(), [](const auto& c) { return c.chosen; });
  const double alone = layer.kernel_speedup.median, sparse = layer.sparse_speedup.median;
  if (chosen->sparse) {
    if (alone >= 1) return fmt::format("sparse: {:.1f}x {} at {}", alone, layer.best_dense, density);
    return fmt::format(
        "sparse for its neighbours' sake: {} alone is {:.2f}x as fast, but needs another layout",
        layer.best_dense, 1 / alone);
  }
  if (sparse < 1) {
    return fmt::format("stays dense: at {} the best sparse kernel takes {:.1f}x as long", density,
                       1 / sparse);
  }
  return fmt::format(
      "stays dense for its neighbours' sake: {} alone is {:.2f}x as fast, but needs another layout",
      layer.best_sparse, sparse);
}

}  // namespace

LayerComparison compare_layer(const WayContext& context, const Tape& tape, std::size_t index,
                              const PlannedStep& planned, const Calibration& machine,
                              const SampleOptions& options) {
  const Step& step = context.program.steps[index];
  const kernels::Layer& layer = step.layer;
  LayerComparison result;
  result.name = step.name;
  result.op = layer.shape.linear() ? "linear" : "conv";
  result.shape = shape_text(layer.shape);
  result.batch = context.images;
  result.density = layer.weights.density();
  result.dense_flops = layer.dense_flops(context.images);
  result.sparse_flops = layer.sparse_flops(context.images);

  std::vector<BoundWay> bound;
  for (const std::size_t i : worth_sampling(planned)) {
    auto way = find_way(context, step, planned.ways[i]);
    if (way) bound.push_back(bind(context, tape, step, std::move(*way)));
  }
  std::vector<Alternative> alternatives;
  for (const BoundWay& one : bound) alternatives.push_back({one.way.kernel, one.run});
  AlternateOptions alternate_options;
  alternate_options.warm = options.before_run ? 0 : kLoop;
  alternate_options.warmup = 2;
  alternate_options.samples = options.samples;
  alternate_options.seconds = options.seconds_per_way * static_cast<double>(bound.size());
  alternate_options.between_runs = [&] {
    if (interrupted()) throw Interrupted("interrupted while layers were compared");
    if (options.before_run) options.before_run();
  };
  const Alternation timed = alternate(alternatives, alternate_options);

  constexpr std::size_t kNone = SIZE_MAX;
  std::size_t dense = kNone, sparse = kNone;
  const auto median = [&](std::size_t i) { return timed.series[i].time.median; };
  for (std::size_t i = 0; i < bound.size(); ++i) {
    const Way& way = bound[i].way;
    result.candidates.push_back({way.kernel, way.variant, layout_of(way), way.sparse, i == 0,
                                 timed.series[i].time, result.sparse_flops / median(i) / 1e9,
                                 static_cast<double>(way.packed_bytes)});
    std::size_t& best = way.sparse ? sparse : dense;
    if (best == kNone || median(i) < median(best)) best = i;
  }
  result.chosen = bound[0].way.kernel;
  if (dense != kNone) result.best_dense = bound[dense].way.kernel;
  if (sparse != kNone) result.best_sparse = bound[sparse].way.kernel;
  std::vector<Way> finalists = {bound[0].way};
  for (const std::size_t i : {dense, sparse}) finalists.push_back(bound[i == kNone ? 0 : i].way);
  alternate_options.seconds = options.seconds_per_way * static_cast<double>(finalists.size());
  const Alternation anew = alternate_anew(context, tape, step, finalists, alternate_options);
  constexpr Interval kSame = {1, 1, 1};
  result.speedup = result.kernel_speedup = dense == kNone || dense == 0 ? kSame : anew.ratio(1, 0);
  if (dense != kNone &&
      (bound[dense].way.in != bound[0].way.in || bound[dense].way.out != bound[0].way.out)) {
    alternate_options.seconds = 2 * options.seconds_per_way;
    const auto in_place = in_place_of(context, tape, step, bound[0], bound[dense]);
    result.speedup =
        alternate({{"chosen", bound[0].run}, {"in place", in_place}}, alternate_options).ratio(1, 0);
  }
  if (dense != kNone && sparse != kNone) result.sparse_speedup = anew.ratio(1, 2);

  const std::int64_t packed = sparse == kNone ? 8 * layer.weights.nonzeros() : bound[sparse].way.packed_bytes;
  Work work = layer_work(layer, context.images, packed);
  work.vectors =
      static_cast<int>(std::clamp<std::int64_t>((context.images * layer.shape.pixels() + 15) / 16, 1, 8));
  result.dense_limit = dense_limit(work, machine);
  result.sparse_limit = sparse_limit(work, machine);
  result.limit_speedup = limit_speedup(work, machine);
  result.attained = attained(bound[0].way.sparse ? result.sparse_limit : result.dense_limit, median(0));
  if (dense != kNone && sparse != kNone) {
    result.break_even_density = break_even_density(work, median(dense), median(sparse));
  }
  result.predicted_break_even_density = break_even_density(work, machine);
  std::sort(result.candidates.begin(), result.candidates.end(),
            [](const auto& a, const auto& b) { return a.seconds.median < b.seconds.median; });
  result.why = why_text(result);
  return result;
}

}  // namespace coppice
