#include "ticket/plan.h"

#include "coppice/error.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "prune/quota.h"
#include "ticket/controls.h"
#include "ticket/stable_grid.h"

namespace coppice {

Network network_from_config(const ModelConfig& config, const Data& data) {
  if (config.layers.empty()) return build_network(config.name, data.pool.image, data.classes, config.width);
  return complete({config.name, data.pool.image, data.classes, config.layers});
}

std::uint64_t replicate_seed(const Config& config, std::int64_t replicate) {
  return config.seed + static_cast<std::uint64_t>(replicate - 1);
}

std::int64_t kept_after(const ShrinkRule& rule, const Masks& masks) {
  std::int64_t left = 0;
  for (const Quota& quota : quotas(masks, rule)) left += quota.keep;
  return left;
}

/// Masks as `shrink` would leave them under the rule, but for which weights fall: scores are not known yet,
/// and how many fall does not depend on them. In layer scope the counts per layer are exact as well; in
/// global scope only their sum is.
static Masks any_masks(const Masks& masks, ShrinkRule rule) {
  rule.min_per_layer = 0;
  Scores zeros;
  for (const NamedMask& mask : masks) zeros.emplace_back(static_cast<std::size_t>(mask.mask.size()), 0.0f);
  return shrink(masks, zeros, rule);
}

static std::int64_t target_count(const PruneConfig& prune, const Masks& masks) {
  return std::llround(prune.density * static_cast<double>(prunable(masks)));
}

/// Straight to where the iterative search would end, each layer for itself where the scope says so.
static ShrinkRule one_shot_rule(const PruneConfig& prune, const Masks& masks) {
  ShrinkRule rule = shrink_rule(prune, masks);
  const auto after_levels = [&](std::int64_t survivors, double fraction) {
    for (std::int64_t level = 0; level < prune.levels; ++level)
      survivors -= removed_count(fraction, survivors);
    return survivors;
  };
  if (prune.density > 0) {
    rule.keep_exactly = target_count(prune, masks);
  } else if (prune.scope != "layer") {
    rule.keep_exactly = after_levels(kept(masks), rule.fraction);
  } else {
    rule.per_layer.resize(masks.size(), rule.fraction);
    for (std::size_t i = 0; i < masks.size(); ++i) {
      const std::int64_t all = masks[i].mask.kept();
      const std::int64_t gone = all - after_levels(all, rule.per_layer[i]);
      rule.per_layer[i] = static_cast<double>(gone) / static_cast<double>(std::max<std::int64_t>(1, all));
    }
  }
  return rule;
}

std::optional<ShrinkRule> next_rule(const Config& config, const Masks& masks, std::int64_t level) {
  const PruneConfig& prune = config.prune;
  if (config.search.method == "one-shot") {
    if (level > 0) return std::nullopt;
    const ShrinkRule rule = one_shot_rule(prune, masks);
    return kept_after(rule, masks) < kept(masks) ? std::optional(rule) : std::nullopt;
  }
  ShrinkRule rule = shrink_rule(prune, masks);
  const std::int64_t next = kept_after(rule, masks);
  if (prune.density <= 0) return level < prune.levels ? std::optional(rule) : std::nullopt;
  const std::int64_t target = target_count(prune, masks);
  if (kept(masks) <= target) return std::nullopt;
  // A fraction too small to remove a single weight would never arrive: the last level then goes straight to
  // the target.
  if (next <= target || next == kept(masks)) rule.keep_exactly = target;
  return rule;
}

/// A step of training that a config names; throws BadInput where that lies beyond the end.
static std::int64_t step_of(const char* key, const Length& length, const SearchPlan& plan) {
  const std::int64_t step = length.in_steps(plan.steps_per_epoch);
  if (step <= plan.steps_per_level) return step;
  throw BadInput(fmt::format("{}: step {} lies beyond the training of {} steps ({} an epoch)", key, step,
                             plan.steps_per_level, plan.steps_per_epoch));
}

/// Rough where signals will decide: two draws a level.
static void plan_short_runs(SearchPlan& plan, const SearchConfig& search) {
  const auto steps = [&](const Length& length, std::int64_t otherwise) {
    return std::max<std::int64_t>(1, length == Length{} ? otherwise : length.in_steps(plan.steps_per_epoch));
  };
  plan.draw_steps = steps(search.draw_every, plan.steps_per_level / 80);
  const std::int64_t dense = steps(search.prune_from, plan.steps_per_level * 15 / 100);
  plan.prune_from = (dense + plan.draw_steps - 1) / plan.draw_steps * plan.draw_steps;
  const auto levels = static_cast<std::int64_t>(plan.kept.size());
  plan.steps_per_short_run = std::min(plan.steps_per_level, plan.prune_from + 2 * levels * plan.draw_steps);
}

void settle_rewind_step(SearchPlan& plan, const Config& config, std::int64_t rewind_step,
                        std::int64_t search_steps) {
  plan.rewind_open = false;
  plan.rewind_step = rewind_step;
  plan.steps_per_retraining =
      config.retrain.mode == "reinit" ? plan.steps_per_level : plan.steps_per_level - plan.rewind_step;
  std::int64_t steps = plan.steps_per_retraining;
  for (const std::string& control : control_names(config.control)) steps += control_steps(control, plan);
  auto levels = static_cast<std::int64_t>(plan.kept.size() - 1);
  if (config.search.method == "early-bird") levels = std::min<std::int64_t>(levels, 1);
  plan.total_steps =
      search_steps + config.replicates * (plan.steps_per_level + plan.steps_per_short_run + steps * levels);
}

/// The most that a search for the rewind point can add to the steps of a plan that rewinds to 0.
static std::int64_t dearest_search(const SearchPlan& plan, const Config& config) {
  const auto total_at = [&](std::int64_t rewind_step) {
    SearchPlan settled = plan;
    settle_rewind_step(settled, config, rewind_step, 0);
    return settled.total_steps;
  };
  return dearest_outcome(stable_grid(plan.steps_per_level), plan.steps_per_level, total_at) - total_at(0);
}

SearchPlan plan_search(const Network& network, const Data& data, const Config& config) {
  SearchPlan plan;
  plan.steps_per_epoch = steps_per_epoch(data, config.train);
  plan.steps_per_level = config.train.length.in_steps(plan.steps_per_epoch);
  plan.rewind_step = step_of("retrain.rewind_to", config.retrain.rewind_to.length, plan);
  plan.score_step = config.prune.score_at.word.empty()
                        ? step_of("prune.score_at", config.prune.score_at.length, plan)
                        : plan.steps_per_level;
  Masks masks = full_masks(network, config.prune.exclude);
  plan.kept.push_back(kept(masks));
  for (std::int64_t level = 0; const auto rule = next_rule(config, masks, level); ++level) {
    masks = any_masks(masks, *rule);
    plan.kept.push_back(kept(masks));
  }
  if (config.search.method == "early-bird") plan_short_runs(plan, config.search);
  settle_rewind_step(plan, config, plan.rewind_step, 0);
  plan.rewind_open = config.retrain.rewind_to.word == "auto";
  if (plan.rewind_open) plan.total_steps += dearest_search(plan, config);
  return plan;
}

}  // namespace coppice
