#pragma once
#include "coppice/config.h"
#include "coppice/derivatives.h"
#include "coppice/mask.h"
#include "coppice/network.h"
#include "coppice/tensor.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace coppice {

/// One score per weight, for each mask of a Masks in its order; the lowest are removed first.
using Scores = std::vector<std::vector<float>>;

/// What a criterion may look at.
struct ScoreInput {
  const Masks& masks;
  const Tensors& weights;  ///< Parameters and buffers where the level is scored. Pruned ones count as 0.
  std::uint64_t seed = 0;
  std::int64_t level = 0;
  /// Parameters and buffers at the beginning of the level's training: asked by movement.
  std::function<Tensors()> start = {};
  std::function<Derivatives&()> derivatives = {};  ///< Asked by criteria that look at gradients.
};

/// Names of the criteria that `score` serves.
std::vector<std::string> criterion_names();

/// Scores every prunable weight; pruned ones get 0. Each criterion's formula is in its file in src/prune.
///   magnitude  |w| (Han et al. 2015; Frankle & Carbin 2019)
///   random     uniform numbers of the stream (seed, "prune", level, tensor)
///   snip       |g w|, g the gradient (Lee et al. 2019)
///   grasp      w (H g), H the Hessian (Wang et al. 2020)
///   synflow    |w| dR/d|w|, R the synaptic flow (Tanaka et al. 2020), up to a positive factor
///   taylor     (g w)^2, mean over batches (Molchanov et al. 2019)
///   movement   -sum of (learning rate) g w over the level's training (Sanh et al. 2020)
///   obd        h w^2 / 2, h the Fisher diagonal (LeCun et al. 1990)
///   lamp       w^2 / (sum of v^2 over the layer's weights v not smaller) (Lee et al. 2021)
/// Throws BadInput where the criterion is unknown or weights do not fit the masks, Failure where a weight or
/// score is not finite (the training diverged) or the input lacks what the criterion looks at.
Scores score(const std::string& criterion, const ScoreInput& input);

/// How much to remove.
struct ShrinkRule {
  bool global = true;              ///< `fraction` is of all layers together, or of each.
  bool erk = false;                ///< Of all together, but each keeps its Erdos-Renyi-kernel share of them.
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
/// the order of (layer, flat index), the first removed first. Under rule.erk the densities of layers are
/// proportional to (sum of the weight's dimensions) / (their product) where that is below what they have
/// (Evci et al. 2020, "Rigging the lottery"), whatever the scores of one layer beside another's.
///   scores  one value per weight of each mask, same order
/// Throws BadInput where scores are not finite or do not fit, LayerCollapse where a layer would keep fewer
/// than min_per_layer (or fewer than it has, if it has less). Source: Frankle & Carbin 2019, section 2
/// (iterative magnitude pruning).
Masks shrink(const Masks& masks, const Scores& scores, const ShrinkRule& rule);

/// One level's pruning, from masks to smaller ones: scores and shrinks config.score_rounds times (0: as often
/// as the criterion's paper does, 100 for synflow and 1 for the others), the kept counts falling
/// geometrically to exactly those of `shrink`, as Tanaka et al. (2020) do; after the last round layers must
/// have rule.min_per_layer left. Throws as `score` and `shrink` do.
Masks prune(const PruneConfig& config, const ShrinkRule& rule, const ScoreInput& input);

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
