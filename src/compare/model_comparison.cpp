#include "compare/model_comparison.h"

#include "coppice/error.h"

#include <algorithm>
#include <cmath>

#include "base/interrupt.h"
#include "measure/alternate.h"
#include "measure/clock.h"
#include "measure/limits.h"
#include "measure/measure_energy.h"
#include "sparse/plan_content.h"

namespace coppice {

namespace {

void stop_if_interrupted() {
  if (interrupted()) throw Interrupted("interrupted while the networks were compared");
}

/// The fastest of LibTorch's ways for a whole network.
std::unique_ptr<DenseNetwork> fastest(const Program& program, const PlanOptions& plan, const float* images,
                                      float* logits) {
  auto ways = dense_networks(program, plan.batch);
  std::vector<Alternative> alternatives;
  for (const auto& way : ways)
    alternatives.push_back({way->name(), [&, run = way.get()] { run->run(images, logits); }});
  AlternateOptions options;
  options.warm = kLoop;
  options.warmup = 2;
  options.samples = 7;
  options.seconds = plan.seconds_per_way * static_cast<double>(ways.size());
  options.bootstrap.resamples = 0;
  options.between_runs = stop_if_interrupted;
  const Alternation timed = alternate(alternatives, options);
  std::size_t best = 0;
  for (std::size_t i = 1; i < ways.size(); ++i) {
    if (timed.series[i].time.median < timed.series[best].time.median) best = i;
  }
  return std::move(ways[best]);
}

/// The least time that all layers of a program take; each on the kind of kernel that needs less, or dense.
double limit_of(const Program& program, std::int64_t images, const Calibration& machine, bool sparse_too) {
  double seconds = 0;
  for (const Step& step : program.steps) {
    if (step.kind != Step::Kind::kLayer) continue;
    Work work = layer_work(step.layer, images, 8 * step.layer.weights.nonzeros());
    work.vectors =
        static_cast<int>(std::clamp<std::int64_t>((images * step.layer.shape.pixels() + 15) / 16, 1, 8));
    const double dense = dense_limit(work, machine).seconds;
    seconds += sparse_too ? std::min(dense, sparse_limit(work, machine).seconds) : dense;
  }
  return seconds;
}

double max_rel_error(const std::vector<float>& logits, const std::vector<float>& expected) {
  double largest = 0, difference = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(expected[i])));
    const double off = std::abs(static_cast<double>(logits[i]) - static_cast<double>(expected[i]));
    if (!(off <= difference)) difference = off;  // NaN stays
  }
  return largest > 0 ? difference / largest : difference;
}

/// Processor time over wall time x threads, over a while of calls.
double busy_of(const std::function<void()>& run, int threads) {
  constexpr double kSeconds = 0.2;
  const double cpu = process_cpu_seconds(), start = steady_seconds();
  double wall = 0;
  do {
    run();
    wall = steady_seconds() - start;
  } while (wall < kSeconds);
  return busy_fraction(process_cpu_seconds() - cpu, wall, threads);
}

CallEnergy measure(const std::function<void()>& plan, const std::function<void()>& dense, int threads,
                   const EnergySettings& settings) {
  const double busy = busy_of(plan, threads);
  if (!settings.measure) return {Energy::unavailable(kNotAskedFor), Energy::unavailable(kNotAskedFor), busy};
  EnergyOptions options;
  options.assume_watts = settings.assume_watts;
  options.cores = threads;
  options.between = stop_if_interrupted;
  return {measure_energy(plan, options).per_call, measure_energy(dense, options).per_call, busy};
}

}  // namespace

ModelComparison compare_model(const Network& network, const Tensors& dense, const Tensors& ticket, Plan& plan,
                              const float* images, const Calibration& machine, const SampleOptions& options,
                              const EnergySettings& energy) {
  const Plan::Content& content = plan.content();
  const std::int64_t batch = plan.batch();
  ModelComparison result;
  result.batch = batch;
  result.threads = content.options.threads;
  result.runs = plan.runs();
  std::vector<float> logits(static_cast<std::size_t>(batch * network.classes)), expected = logits;
  const Program unpruned = compile_program(network, dense);
  const auto dense_way = fastest(unpruned, content.options, images, expected.data());
  const auto slim_way = fastest(*content.program, content.options, images, expected.data());
  result.dense_kernel = dense_way->name();
  result.slim_kernel = slim_way->name();

  const auto run_plan = [&] { plan.run(images, logits.data()); };
  const auto run_dense = [&] { dense_way->run(images, expected.data()); };
  AlternateOptions alternate_options;
  alternate_options.warm = kLoop;
  alternate_options.warmup = 2;
  alternate_options.samples = options.samples;
  alternate_options.seconds = 3 * options.seconds_per_way;
  alternate_options.between_runs = stop_if_interrupted;
  const Alternation timed = alternate(
      {{"plan", run_plan}, {"dense", run_dense}, {"slim", [&] { slim_way->run(images, expected.data()); }}},
      alternate_options);
  result.plan = timed.series[0].time;
  result.dense = timed.series[1].time;
  result.slim = timed.series[2].time;
  result.speedup = timed.ratio(1, 0);
  result.slim_speedup = timed.ratio(2, 0);
  result.energy = measure(run_plan, run_dense, result.threads, energy);

  dense_networks(compile_program(network, ticket), batch)[0]->run(images, expected.data());
  run_plan();
  result.max_rel_error = max_rel_error(logits, expected);

  result.dense_flops = unpruned.dense_flops(batch);
  result.sparse_flops = content.program->sparse_flops(batch);
  result.units = content.slim.units;
  result.dead_units = content.slim.removed;
  result.dense_limit = limit_of(unpruned, batch, machine, false);
  result.plan_limit = limit_of(*content.program, batch, machine, true);
  result.limit_speedup = result.dense_limit / std::max(result.plan_limit, 1e-12);
  result.attained = result.plan_limit / result.plan.median;
  result.packed_bytes = plan.packed_bytes();
  for (const Step& step : unpruned.steps) {
    if (step.kind == Step::Kind::kLayer)
      result.dense_weight_bytes += 4 * step.layer.shape.outputs * step.layer.shape.columns();
  }
  return result;
}

}  // namespace coppice
