#pragma once
#include "ticket/session.h"

namespace coppice {

/// Branches beside the search, what a ticket has to beat. Each trains every level n >= 1 of the search, with
/// that level's batches:
///   reinit   the level's masks; values drawn anew for each level; the full length (Frankle & Carbin 2019)
///   shuffle  the level's masks under one permutation within every layer, so that they stay nested; the
///            search's own starting values (Frankle et al. 2021, "Pruning neural networks at initialization:
///            why are we missing the mark?"). lr-rewind and fine-tune start from the dense network's final
///            values, since those of the level before are zero where its masks were.
///   random   masks drawn at random with the level's counts per layer, nested, and values drawn anew; the
///   full
///            length (Su et al. 2020, "Sanity-checking pruning methods: random tickets can win the jackpot")
///   dense    no masks, retrained as the level is: what the same steps bring without pruning

/// The controls that a config asks for, in the order above.
std::vector<std::string> control_names(const ControlConfig& config);

/// Their masks where the search's own are `masks`. Exact counts per layer; nested where those are.
Masks control_masks(const std::string& control, const Masks& masks, std::uint64_t seed);

/// Steps that a control trains for one level.
std::int64_t control_steps(const std::string& control, const SearchPlan& plan);

/// Trains the controls of one replicate beside its finished levels, and adds their records to
/// session.result.controls.
void train_controls(Session& session, std::int64_t replicate);

}  // namespace coppice
