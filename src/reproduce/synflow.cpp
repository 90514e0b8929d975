// Pruning before training: SynFlow against SNIP, GraSP, magnitude and random at high compression.
#include <fmt/format.h>

#include "reproduce/experiment.h"

namespace coppice {

namespace {

/// One pruning, straight to the density, scored before the first step. Layers may be emptied: that SynFlow
/// empties none is the point. Settings: the authors' args.json of this experiment.
std::string full(const std::string& criterion, double density) {
  return fmt::format(R"(
[data]
validation = 0
augment = "flip-crop"
[model]
name = "vgg-16"
[train]
length = "160ep"
batch = 128
learning_rate = 0.1
momentum = 0.9
weight_decay = 0.0001
schedule = "step"
milestones = ["60ep", "120ep"]
[prune]
criterion = "{}"
score_at = "0it"
density = {}
min_per_layer = 0
[search]
method = "one-shot"
)",
                     criterion, density);
}

std::string quick(const std::string& criterion, double density) {
  return fmt::format(R"(
[data]
validation = 0
subset = 0.2
[model]
name = "vgg-11"
width = 0.25
[train]
length = "4ep"
batch = 128
learning_rate = 0.1
momentum = 0.9
weight_decay = 0.0001
schedule = "cosine"
[prune]
criterion = "{}"
score_at = "0it"
density = {}
min_per_layer = 0
[search]
method = "one-shot"
)",
                     criterion, density);
}

}  // namespace

Experiment synflow() {
  Experiment synflow;
  synflow.name = "synflow";
  synflow.title = "VGG-16 pruned before training: SynFlow, magnitude, SNIP, GraSP, random";
  synflow.paper =
      "Tanaka et al. 2020, Pruning neural networks without any data by iteratively conserving "
      "synaptic flow";
  synflow.dataset = "cifar100";
  synflow.quick_is =
      "VGG-11 at a quarter of its width, four epochs over a fifth of the images, 100x and 1000x";
  const struct {
    const char* criterion;
    double ten, hundred, thousand;  ///< Mean of 3.
  } published[] = {{"synflow", 72.1, 63.5, 41.4},
                   {"magnitude", 72.2, 60.9, 1.0},
                   {"snip", 70.8, 61.3, 16.1},
                   {"grasp", 70.7, 61.1, 4.6},
                   {"random", 68.8, 52.3, 1.0}};
  for (const auto& [criterion, ten, hundred, thousand] : published) {
    for (const auto& [compression, accuracy] : {std::pair{10, ten}, {100, hundred}, {1000, thousand}}) {
      const double density = 1.0 / compression;
      synflow.parts.push_back({fmt::format("{}-{}x", criterion, compression), criterion,
                               full(criterion, density), compression == 10 ? "" : quick(criterion, density)});
      synflow.lines.push_back({Accuracy{criterion, density, accuracy, 2.0}});
    }
  }
  for (const auto& [upper, lower, density] : std::vector<Above>{{"synflow", "snip", 0.01},
                                                                {"synflow", "magnitude", 0.01},
                                                                {"snip", "random", 0.01},
                                                                {"synflow", "snip", 0.001},
                                                                {"synflow", "grasp", 0.001},
                                                                {"synflow", "magnitude", 0.001},
                                                                {"snip", "grasp", 0.001},
                                                                {"snip", "magnitude", 0.001},
                                                                {"synflow", "random", 0.001}})
    synflow.lines.push_back({Above{upper, lower, density}});
  return synflow;
}

}  // namespace coppice
