// The table of all config keys: to add one, add a member to its struct in coppice/config.h and a row here.
#include "config/field.h"

namespace coppice {

namespace {

Range any() { return {}; }
Range at_least(double low) { return {.low = low, .choices = {}}; }
Range between(double low, double high) { return {.low = low, .high = high, .choices = {}}; }
/// low excluded
Range above(double low, double high = std::numeric_limits<double>::infinity()) {
  return {.low = low, .high = high, .low_open = true, .choices = {}};
}
/// both ends excluded
Range inside(double low, double high) {
  return {.low = low, .high = high, .low_open = true, .high_open = true, .choices = {}};
}
/// high excluded
Range below(double low, double high) { return {.low = low, .high = high, .high_open = true, .choices = {}}; }
Range one_of(std::vector<std::string> choices) { return {.choices = std::move(choices)}; }

#define SLOT(member) [](Config& c) -> Slot { return &c.member; }

std::vector<Field> make_fields() {
  constexpr Kind kExtent = Kind::kExtent, kIdentity = Kind::kIdentity, kPlace = Kind::kPlace;
  return {
      {"name", SLOT(name), kExtent, any(), "run folder: <name>-<hash of the identity fields>"},
      {"seed", SLOT(seed), kIdentity, between(0, 9.0e15),
       "all random streams of replicate 1; replicate r uses seed + r - 1"},
      {"replicates", SLOT(replicates), kExtent, between(1, 1000), "independent repetitions of the search"},

      {"data.dataset", SLOT(data.dataset), kPlace,
       one_of({"fashion-mnist", "mnist", "cifar10", "cifar100", "synthetic", "tensors"}),
       "tensors: a safetensors file with train.images, train.labels, test.images, test.labels"},
      {"data.path", SLOT(data.path), kPlace, any(),
       "folder (tensors: file) of the data; empty: $COPPICE_DATA and the usual places"},
      {"data.validation", SLOT(data.validation), kIdentity, at_least(0),
       "training examples held out, the same ones for every seed; 0: the curve is printed and no ticket "
       "chosen"},
      {"data.subset", SLOT(data.subset), kIdentity, above(0, 1),
       "fraction of the remaining training examples used"},
      {"data.resolution", SLOT(data.resolution), kIdentity, between(0, 4096),
       "shrink images to this many pixels a side by area averaging; 0: native"},
      {"data.augment", SLOT(data.augment), kIdentity, one_of({"none", "flip-crop"}),
       "flip-crop: pad by 4, random crop, random mirror"},
      {"data.synthetic_shape", SLOT(data.synthetic_shape), kPlace, between(1, 4096),
       "channels, height, width of the synthetic task"},
      {"data.synthetic_classes", SLOT(data.synthetic_classes), kPlace, between(2, 10000),
       "classes of the synthetic task"},
      {"data.synthetic_examples", SLOT(data.synthetic_examples), kPlace, between(12, 1e8),
       "its examples; a sixth of them are the test set"},
      {"data.synthetic_seed", SLOT(data.synthetic_seed), kPlace, between(0, 9.0e15), "which synthetic task"},

      {"model.name", SLOT(model.name), kIdentity, any(),
       "a network of the registry (coppice prune --help-config lists them); with [[model.layers]] only a "
       "label"},
      {"model.init", SLOT(model.init), kIdentity, one_of(initialisation_names()),
       "initialisation of the weights; biases start at 0"},
      {"model.norm_scale", SLOT(model.norm_scale), kIdentity, one_of({"ones", "uniform"}),
       "initial BatchNorm scales: 1, or uniform on [0, 1)"},
      {"model.weights", SLOT(model.weights), kPlace, any(),
       "start from this checkpoint (safetensors) instead of an initialisation"},
      {"model.width", SLOT(model.width), kIdentity, above(0, 64),
       "scales the hidden layers of a registry network"},

      {"train.length", SLOT(train.length), kIdentity, any(),
       "training of each level: epochs \"40ep\", steps \"500it\" or both \"2ep50it\""},
      {"train.batch", SLOT(train.batch), kIdentity, between(1, 1 << 20),
       "examples per step; the last, partial batch of an epoch counts"},
      {"train.optimizer", SLOT(train.optimizer), kIdentity, one_of({"sgd", "adam"}),
       "single-pass masked updates"},
      {"train.learning_rate", SLOT(train.learning_rate), kIdentity, above(0, 1e6),
       "before schedule and warm-up"},
      {"train.momentum", SLOT(train.momentum), kIdentity, below(0, 1), "of sgd"},
      {"train.weight_decay", SLOT(train.weight_decay), kIdentity, between(0, 1e3),
       "L2, added to the gradient of every parameter"},
      {"train.beta1", SLOT(train.beta1), kIdentity, below(0, 1), "of adam"},
      {"train.beta2", SLOT(train.beta2), kIdentity, below(0, 1), "of adam"},
      {"train.epsilon", SLOT(train.epsilon), kIdentity, above(0, 1), "of adam"},
      {"train.schedule", SLOT(train.schedule), kIdentity, one_of({"constant", "step", "cosine"}),
       "of the learning rate"},
      {"train.milestones", SLOT(train.milestones), kIdentity, any(),
       "step schedule: where the rate is multiplied by gamma"},
      {"train.gamma", SLOT(train.gamma), kIdentity, above(0, 1), "step schedule: the factor"},
      {"train.warmup", SLOT(train.warmup), kIdentity, any(), "linear warm-up over this length"},
      {"train.precision", SLOT(train.precision), kIdentity, one_of({"fp32", "bf16"}),
       "bf16: autocast, on cuda only"},
      {"train.evaluate", SLOT(train.evaluate), kIdentity, any(),
       "evaluate on validation and test this often, and at the end"},
      {"train.engine", SLOT(train.engine), kIdentity, one_of({"auto", "libtorch", "mlp"}),
       "auto: own CPU kernels (mlp) for chains of linear and relu, LibTorch for everything else"},

      {"prune.criterion", SLOT(prune.criterion), kIdentity,
       one_of({"magnitude", "random", "snip", "grasp", "synflow", "taylor", "movement", "obd", "lamp"}),
       "what scores a weight; the lowest are pruned"},
      {"prune.scope", SLOT(prune.scope), kIdentity, one_of({"global", "layer", "erk"}),
       "compare weights over all layers, within each, or within each at the Erdos-Renyi-kernel densities"},
      {"prune.score_at", SLOT(prune.score_at), kIdentity, one_of({"end"}),
       "when in a level's training weights are scored: \"0it\" before it, \"2ep\" early in it, or at its end",
       "\"end\""},
      {"prune.score_examples", SLOT(prune.score_examples), kIdentity, between(1, 1e8),
       "training examples that criteria which need gradients look at", "1000"},
      {"prune.score_rounds", SLOT(prune.score_rounds), kIdentity, between(0, 10000),
       "score and prune so often on the way to each level; 0: once, or as the criterion's paper does", "0"},
      {"prune.fraction", SLOT(prune.fraction), kIdentity, inside(0, 1),
       "of the survivors, pruned at each level"},
      {"prune.levels", SLOT(prune.levels), kExtent, between(0, 99), "prunings; level 0 is the dense network"},
      {"prune.density", SLOT(prune.density), kExtent, below(0, 1),
       "if above 0, replaces levels: prune until this density, the last level exactly to it"},
      {"prune.exclude", SLOT(prune.exclude), kIdentity, any(),
       "nodes or tensors (names or globs) never pruned"},
      {"prune.min_per_layer", SLOT(prune.min_per_layer), kIdentity, between(0, 1e15),
       "the search ends before a layer would keep fewer weights; 0 allows empty layers"},

      {"retrain.mode", SLOT(retrain.mode), kIdentity,
       one_of({"weight-rewind", "lr-rewind", "fine-tune", "reinit"}),
       "how survivors go on: from their values at the rewind point; from their final ones with the schedule "
       "replayed from there, or at its final rate; from fresh ones"},
      {"retrain.rewind_to", SLOT(retrain.rewind_to), kIdentity, one_of({"auto"}),
       "the rewind point: before this much of training; auto: the earliest at which training is stable"},

      {"search.method", SLOT(search.method), kIdentity, one_of({"iterative", "one-shot", "early-bird"}),
       "train, prune, rewind, repeat; or train, prune once to the last level's density, and train that; or "
       "prune on the way of one short training, and train the ticket that its signals promise"},
      {"search.prune_from", SLOT(search.prune_from), kIdentity, any(),
       "early-bird: the short training is dense for so long; 0: 15% of train.length", "\"0it\""},
      {"search.draw_every", SLOT(search.draw_every), kIdentity, any(),
       "early-bird: how often it draws the next mask; 0: 80 times in train.length", "\"0it\""},
      {"search.settled", SLOT(search.settled), kIdentity, between(0, 1),
       "early-bird: it prunes when two masks drawn in succession disagree on no more than this share of the "
       "weights to be pruned",
       "0.12"},
      {"search.draws", SLOT(search.draws), kIdentity, between(1, 1000),
       "early-bird: it prunes after so many draws, settled or not", "4"},
      {"search.attempts", SLOT(search.attempts), kExtent, between(1, 99),
       "early-bird: tickets trained in full at most; after one that misses the tolerance, the next is a "
       "level "
       "denser"},
      {"search.tolerance_pp", SLOT(search.tolerance_pp), kExtent, between(0, 100),
       "percentage points of validation accuracy below dense that still match it"},

      {"control.reinit", SLOT(control.reinit), kExtent, any(),
       "train each level's masks from fresh initial values too"},
      {"control.shuffle", SLOT(control.shuffle), kExtent, any(),
       "train each level with its masks shuffled within every layer too"},
      {"control.random", SLOT(control.random), kExtent, any(),
       "train random masks with each level's counts per layer, from fresh initial values, too"},
      {"control.dense", SLOT(control.dense), kExtent, any(),
       "train the dense network as each level is, without its masks, too"},

      {"energy.assume_watts", SLOT(energy.assume_watts), kExtent, between(0, 1e6),
       "power in W to estimate energy from where no counter is readable; 0: never estimate"},
      {"energy.carbon_g_per_kwh", SLOT(energy.carbon_g_per_kwh), kExtent, between(0, 1e5),
       "grams of CO2 equivalent a kilowatt-hour, for a carbon line; 0: none"},
  };
}
#undef SLOT

std::vector<EntryField<Node>> make_layer_fields() {
#define SLOT(member) [](Node& n) -> Slot { return &n.member; }
  return {
      {"op", SLOT(op), any(),
       "conv, linear, batch_norm, relu, max_pool, avg_pool, global_avg_pool, flatten, add, dropout"},
      {"name", SLOT(name), any(), "names its tensors: c1.weight, c1.bias"},
      {"inputs", SLOT(inputs), any(), "default: the layer before; \"x\" is the image"},
      {"out", SLOT(out), between(0, 1e9), "conv: channels; linear: features"},
      {"kernel", SLOT(kernel), between(0, 1e6), "conv and pools: side of the window"},
      {"stride", SLOT(stride), between(0, 1e6), "default: 1 for conv, the window for pools"},
      {"padding", SLOT(padding), between(0, 1e6), "conv and pools"},
      {"dilation", SLOT(dilation), between(1, 1e6), "conv"},
      {"bias", SLOT(bias), any(), "conv and linear"},
      {"rate", SLOT(rate), below(0, 1), "dropout: fraction set to zero in training"},
  };
#undef SLOT
}

std::vector<EntryField<PruneRule>> make_rule_fields() {
#define SLOT(member) [](PruneRule& r) -> Slot { return &r.member; }
  return {
      {"match", SLOT(match), any(), "node or tensor, name or glob; the first rule that matches holds"},
      {"fraction", SLOT(fraction), below(0, 1), "of that layer's survivors, pruned at each level"},
  };
#undef SLOT
}

}  // namespace

std::span<const Field> fields() {
  static const std::vector<Field> table = make_fields();
  return table;
}
std::span<const EntryField<Node>> layer_fields() {
  static const std::vector<EntryField<Node>> table = make_layer_fields();
  return table;
}
std::span<const EntryField<PruneRule>> rule_fields() {
  static const std::vector<EntryField<PruneRule>> table = make_rule_fields();
  return table;
}

}  // namespace coppice
