#include "ticket/plan.h"

#include "coppice/error.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace coppice {

Network network_from_config(const ModelConfig& config, const Data& data) {
  if (config.layers.empty()) return build_network(config.name, data.pool.image, data.classes, config.width);
  return complete({config.name, data.pool.image, data.classes, config.layers});
}

std::int64_t kept_after(const ShrinkRule& rule, const Masks& masks) {
  if (rule.keep_exactly >= 0) return rule.keep_exactly;
  if (rule.global) return kept(masks) - removed_count(rule.fraction, kept(masks));
  std::int64_t left = 0;
  for (std::size_t i = 0; i < masks.size(); ++i) {
    const std::int64_t survivors = masks[i].mask.kept();
    left += survivors - removed_count(rule.per_layer.empty() ? rule.fraction : rule.per_layer[i], survivors);
  }
  return left;
}

std::optional<ShrinkRule> next_rule(const PruneConfig& config, const Masks& masks, std::int64_t level) {
  ShrinkRule rule = shrink_rule(config, masks);
  const std::int64_t next = kept_after(rule, masks);
  if (config.density <= 0) return level < config.levels ? std::optional(rule) : std::nullopt;
  const auto target =
      static_cast<std::int64_t>(std::llround(config.density * static_cast<double>(prunable(masks))));
  if (kept(masks) <= target) return std::nullopt;
  // A fraction too small to remove a single weight would never arrive: the last level then goes straight to
  // the target.
  if (next <= target || next == kept(masks)) rule.keep_exactly = target;
  return rule;
}

SearchPlan plan_search(const Network& network, const Data& data, const Config& config) {
  SearchPlan plan;
  plan.steps_per_epoch = steps_per_epoch(data, config.train);
  plan.steps_per_level = config.train.length.in_steps(plan.steps_per_epoch);
  plan.rewind_step = config.retrain.rewind_to.length.in_steps(plan.steps_per_epoch);
  if (plan.rewind_step > plan.steps_per_level) {
    throw BadInput(
        fmt::format("retrain.rewind_to: step {} lies beyond the training of {} steps ({} an epoch)",
                    plan.rewind_step, plan.steps_per_level, plan.steps_per_epoch));
  }
  // Scores are not known yet; how many weights fall does not depend on them, so the first ones may stand for
  // them. In layer scope the counts per layer are exact as well; in global scope only their sum is.
  Masks masks = full_masks(network, config.prune.exclude);
  plan.kept.push_back(kept(masks));
  for (std::int64_t level = 0; auto rule = next_rule(config.prune, masks, level); ++level) {
    rule->min_per_layer = 0;
    Scores zeros;
    for (const NamedMask& mask : masks) zeros.emplace_back(static_cast<std::size_t>(mask.mask.size()), 0.0f);
    masks = shrink(masks, zeros, *rule);
    plan.kept.push_back(kept(masks));
  }
  const std::int64_t retrained = plan.steps_per_level - plan.rewind_step;
  plan.total_steps = config.replicates *
                     (plan.steps_per_level + retrained * static_cast<std::int64_t>(plan.kept.size() - 1));
  return plan;
}

}  // namespace coppice
