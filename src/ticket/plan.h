#pragma once
#include "coppice/ticket.h"

#include <optional>

namespace coppice {

/// How level n + 1 is cut from a level with these masks: by the config's fraction, to what is left to the
/// target density, or (one-shot) straight to where an iterative search ends. None where the search is
/// complete at level n.
std::optional<ShrinkRule> next_rule(const Config& config, const Masks& masks, std::int64_t level);

/// The seed of replicate r, from 1.
std::uint64_t replicate_seed(const Config& config, std::int64_t replicate);

/// How many weights `shrink` keeps under this rule; shrink itself is not run.
std::int64_t kept_after(const ShrinkRule& rule, const Masks& masks);

/// The rewind point was found, at the price of `search_steps` steps of training: nothing is open any more.
void settle_rewind_step(SearchPlan& plan, const Config& config, std::int64_t rewind_step,
                        std::int64_t search_steps);

}  // namespace coppice
