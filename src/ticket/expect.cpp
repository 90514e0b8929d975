#include "ticket/expect.h"

#include <algorithm>
#include <chrono>
#include <functional>

#include "ticket/controls.h"

namespace coppice {

static double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

Expectation expect_search(const Network& network, const Data& data, const Config& config,
                          const SearchPlan& plan, const Device& device) {
  Expectation out;
  const auto engine = make_engine(network, data, config.train, device);
  out.engine = engine->name();
  const Masks masks = full_masks(network, config.prune.exclude);
  engine->load(initialise(network, config.model.init, config.model.norm_scale, config.seed), masks,
               config.seed, 0);
  const std::int64_t limit = std::min(plan.steps_per_level, plan.steps_per_epoch);
  std::int64_t step = std::min<std::int64_t>(2, limit);
  engine->train(0, step);
  double spent = 0;
  std::int64_t counted = 0;
  while (spent < 1.0 && step < limit) {
    spent += seconds_of([&] { engine->train(step, step + 1); });
    ++step, ++counted;
  }
  out.step_s = counted ? spent / static_cast<double>(counted) : 0;
  out.evaluation_s = seconds_of([&] {
    if (data.count(Split::kValidation) > 0) engine->evaluate(Split::kValidation);
    engine->evaluate(Split::kTest);
  });
  const std::int64_t every = std::max<std::int64_t>(1, config.train.evaluate.in_steps(plan.steps_per_epoch));
  out.total_s =
      static_cast<double>(plan.total_steps) * (out.step_s + out.evaluation_s / static_cast<double>(every));

  double parameters = 0, activations = 0;
  for (const TensorSpec& spec : tensor_specs(network)) {
    parameters += static_cast<double>(element_count(spec.shape)) * static_cast<double>(size_of(spec.dtype));
  }
  for (const Extent& extent : extents(network)) activations += 4.0 * static_cast<double>(extent.size());
  const double batch = static_cast<double>(config.train.batch);
  // Weights, gradient, up to two moments, a host copy; activations and their gradients; the data as it came.
  out.memory_bytes = 5 * parameters + 2 * batch * activations +
                     static_cast<double>(data.pool.pixels.bytes.size() + data.test.pixels.bytes.size());
  const auto levels =
      static_cast<double>(1 + (plan.kept.size() - 1) * (1 + control_names(config.control).size()));
  const double masks_bytes = static_cast<double>(prunable(masks)) / 8;
  out.disk_bytes =
      static_cast<double>(config.replicates) * (parameters * (levels + 2) + masks_bytes * levels);
  return out;
}

}  // namespace coppice
