#include "compare/bench_case.h"

#include <memory>

#include <fmt/format.h>

#include "measure/bench_shape.h"
#include "measure/displace.h"
#include "measure/random_layer.h"
#include "sparse/peers.h"
#include "sparse/survey.h"

namespace coppice {

BenchCase random_case(const kernels::LayerShape& shape, std::int64_t images, double density, bool cold) {
  BenchCase made;
  made.images = images;
  made.cold = cold;
  made.layer = [shape, density] { return random_layer(shape, density, 1); };
  made.text = fmt::format("{}, batch {}, {:g}% density", shape_text(shape), images, 100 * density);
  return made;
}

BenchSettings bench_settings(int threads, bool quick) {
  BenchSettings settings;
  settings.threads = threads;
  if (quick) {  // the choice keeps its time: a wrong one would be slower than dense
    settings.samples = {9, 0.01, {}};
  }
  return settings;
}

namespace {

/// The layer alone. Its output lies as if a layer with the same window read it, so that kernels that write
/// into a padded plane take part.
Program one_step(const BenchCase& bench_case) {
  Step step;
  step.layer = bench_case.layer();
  step.relu = step.layer.relu;
  step.inputs = {0};
  step.output = 1;
  const kernels::LayerShape& shape = step.layer.shape;
  step.name = bench_case.name.empty() ? shape_text(shape) : bench_case.name;
  Program program;
  program.values = {{"x", shape.channels, shape.height, shape.width, shape.padding},
                    {"y", shape.outputs, shape.out_height(), shape.out_width(), shape.padding}};
  program.steps.push_back(std::move(step));
  return program;
}

PlannedStep planned_of(const std::vector<TimedWay>& timed) {
  PlannedStep planned;  // its ways are sorted: the chosen one is the first
  for (const TimedWay& one : timed) {
    const Way& way = one.way;
    planned.ways.push_back({way.kernel, way.variant, way.sparse, way.in, way.out, one.seconds});
  }
  return planned;
}

std::string level_that_holds(double bytes, const Calibration& machine) {
  for (const MemoryLevel& level : machine.memory) {
    if (bytes < level.bytes) return level.name;  // something else always lies there too
  }
  return "DRAM";
}

}  // namespace

LayerTiming time_case(const BenchCase& bench_case, const Calibration& machine,
                      const BenchSettings& settings) {
  const Program program = one_step(bench_case);
  const kernels::LayerShape& shape = program.steps[0].layer.shape;
  const std::vector<float> images = random_activations(shape, bench_case.images);
  const WayContext context{program, bench_case.images, settings.threads, all_candidates()};
  LayerTiming timing;
  SurveyOptions survey_options;
  survey_options.seconds_per_way = settings.seconds_per_way;
  SampleOptions samples = settings.samples;
  if (bench_case.cold) {
    const auto displacer = std::make_shared<CacheDisplacer>(settings.threads);
    timing.displaced_bytes = displacer->bytes();
    survey_options.before_run = samples.before_run = [displacer] { displacer->displace(); };
  }
  // The survey's packed weights are gone before the comparison packs its own.
  const PlannedStep planned = planned_of(survey(context, images.data(), survey_options).steps[0]);
  Calibration reached = machine;  // where the caches are emptied, memory sets the limit
  if (bench_case.cold) reached.memory = {machine.memory.back()};
  timing.comparison = compare_layer(context, Tape(context, images.data()), 0, planned, reached, samples);
  // Alone, every kernel may have the layout that it likes.
  timing.comparison.speedup = timing.comparison.kernel_speedup;
  timing.dense_weight_bytes = 4.0 * static_cast<double>(shape.outputs * shape.columns());
  timing.weights_lie = level_that_holds(timing.dense_weight_bytes, machine);
  return timing;
}

}  // namespace coppice
