#include "coppice/error.h"
#include "coppice/train.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

namespace coppice {

std::int64_t steps_per_epoch(const Data& data, const TrainConfig& config) {
  if (config.batch < 1) throw BadInput(fmt::format("train.batch is {}; it must be at least 1", config.batch));
  const auto count = static_cast<std::int64_t>(data.train.size());
  if (count == 0) {
    throw BadInput("no training examples are left; lower data.validation or raise data.subset");
  }
  return (count + config.batch - 1) / config.batch;
}

static double schedule_factor(const TrainConfig& config, std::int64_t step, std::int64_t steps_per_epoch) {
  if (config.schedule == "constant") return 1;
  if (config.schedule == "step") {
    const auto passed =
        std::count_if(config.milestones.begin(), config.milestones.end(),
                      [&](const Length& milestone) { return step >= milestone.in_steps(steps_per_epoch); });
    return std::pow(config.gamma, static_cast<double>(passed));
  }
  if (config.schedule == "cosine") {
    const std::int64_t length = config.length.in_steps(steps_per_epoch);
    if (step >= length) return 0;
    const double part = static_cast<double>(step) / static_cast<double>(length);
    return 0.5 * (1 + std::cos(std::numbers::pi * part));
  }
  throw BadInput(fmt::format("train.schedule is '{}'; it must be constant, step or cosine", config.schedule));
}

double learning_rate(const TrainConfig& config, std::int64_t step, std::int64_t steps_per_epoch) {
  const std::int64_t warmup = config.warmup.in_steps(steps_per_epoch);
  const double warm = step < warmup ? static_cast<double>(step + 1) / static_cast<double>(warmup) : 1;
  return config.learning_rate * warm * schedule_factor(config, step, steps_per_epoch);
}

}  // namespace coppice
