#pragma once
#include "coppice/config.h"
#include "coppice/mask.h"
#include "coppice/network.h"
#include "coppice/tensor.h"

#include <cstdint>
#include <string>
#include <vector>

namespace coppice {

/// One score per weight, for each mask of a Masks in its order; the lowest are removed first.
using Scores = std::vector<std::vector<float>>;

/// Names of the criteria that `score` serves.
std::vector<std::string> criterion_names();

/// Scores every prunable weight of a trained network.
///   magnitude  |w| (Han et al. 2015; Frankle & Carbin 2019)
///   random     uniform numbers of the stream (seed, "prune", level, tensor)
/// Throws Failure where a weight is not finite: the training diverged.
Scores score(const std::string& criterion, const Masks& masks, const Tensors& weights, std::uint64_t seed,
             std::int64_t level);

/// How much to remove.
struct ShrinkRule {
  bool global = true;              ///< Over all layers together, or in each.
  double fraction = 0.2;           ///< Of the survivors.
  std::vector<double> per_layer;   ///< Layer scope: a fraction for each mask; empty: `fraction` for all.
  std::int64_t keep_exactly = -1;  ///< If >= 0: how many weights to keep in all (layer scope: shared out in
                                   ///< proportion to the survivors, largest remainders first).
  std::int64_t min_per_layer = 1;
};

/// The rule of the given config for these masks: [[prune.rule]] patterns resolved.
/// Throws BadInput where a pattern matches no prunable tensor.
ShrinkRule shrink_rule(const PruneConfig& config, const Masks& masks);

/// floor(fraction x survivors) as on paper: 0.1 x 30 is 3 although 0.1 is not exactly a tenth (a product
/// within 1e-12 of a whole number counts as that number).
std::int64_t removed_count(double fraction, std::int64_t survivors);

/// Removes the lowest-scored surviving weights and returns the smaller masks. Removes exactly
/// floor(fraction x survivors), over all layers together or in each, as the rule says; equal scores fall in
/// the order of (layer, flat index), the first removed first.
///   scores  one value per weight of each mask, same order
/// Throws BadInput where scores are not finite or do not fit, LayerCollapse where a layer would keep fewer
/// than min_per_layer (or fewer than it has, if it has less). Source: Frankle & Carbin 2019, section 2
/// (iterative magnitude pruning).
Masks shrink(const Masks& masks, const Scores& scores, const ShrinkRule& rule);

/// All prunable tensors of the network kept whole.
Masks full_masks(const Network& network, const std::vector<std::string>& exclude);

/// Sets every pruned weight of `tensors` to exactly +0.
void apply_masks(const Masks& masks, Tensors& tensors);

/// Pruned weights that are not 0: the number, which must be 0.
std::int64_t nonzero_pruned(const Masks& masks, const Tensors& tensors);

struct Density {
  std::int64_t prunable = 0, kept = 0;
  double of_prunable = 1;  ///< kept / prunable
  double of_total = 1;     ///< All trainable parameters that remain / all.
  double effective = 1;    ///< Prunable weights on some path from the image to an output / prunable.
};

/// Source of "effective": Vysogorets & Kempe 2023, "Connectivity matters: neural network pruning through the
/// lens of effective sparsity". A unit counts as dead where no kept weight leads into it or none leads on.
Density density(const Network& network, const Masks& masks);

/// The masks less the weights on no path from the image to an output.
Masks effective_masks(const Network& network, const Masks& masks);

}  // namespace coppice
