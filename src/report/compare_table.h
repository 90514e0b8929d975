#pragma once
#include <string>

#include "compare/comparison.h"

namespace coppice {

/// What `coppice compare` prints: a table of the networks, one of the layers for each batch, accuracies,
/// energy, and a plain sentence for each batch.
std::string compare_text(const Comparison& comparison);

/// "At batch 16 the ticket (12.3% of the weights) runs 4.1x faster than ...": one batch in words.
std::string compare_sentence(const Comparison& comparison, const ModelComparison& model);

}  // namespace coppice
