#pragma once
#include "coppice/ticket.h"

#include <optional>

namespace coppice {

/// How level n + 1 is cut from a level with these masks: by the config's fraction, to what is left to the
/// target density, or (one-shot) straight to where an iterative search ends. None where the search is
/// complete at level n.
std::optional<ShrinkRule> next_rule(const Config& config, const Masks& masks, std::int64_t level);

/// How many weights `shrink` keeps under this rule; shrink itself is not run.
std::int64_t kept_after(const ShrinkRule& rule, const Masks& masks);

}  // namespace coppice
