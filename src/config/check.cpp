// Rules that concern more than one field.
#include "coppice/config.h"
#include "coppice/error.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "base/text.h"

namespace coppice {

static void require(bool holds, const std::string& message) {
  if (!holds) throw BadInput(message);
}

static void check_data(const DataConfig& data) {
  require(data.dataset != "tensors" || !data.path.empty(),
          "data.path: dataset = \"tensors\" needs the safetensors file to read");
  require(data.synthetic_shape.size() == 3, "data.synthetic_shape: three numbers: channels, height, width");
}

static void check_model(const ModelConfig& model) {
  const std::vector<std::string> names = network_names();
  require(!model.layers.empty() || std::find(names.begin(), names.end(), model.name) != names.end(),
          fmt::format(
              "model.name: unknown network '{}'{} (known: {}; or describe your own with [[model.layers]])",
              model.name, did_you_mean(model.name, names), join(names, ", ")));
  require(model.layers.empty() || model.width == 1.0, "model.width: only registry networks can be scaled");
  require(
      !model.weights.ends_with(".pt") && !model.weights.ends_with(".pth"),
      fmt::format("model.weights: '{}' is a PyTorch pickle, which is not read yet; save it as safetensors: "
                  "safetensors.torch.save_file(state_dict, \"weights.safetensors\")",
                  model.weights));
}

static void check_train(const TrainConfig& train) {
  require(train.length.epochs + train.length.steps > 0, "train.length: must be at least one step");
  require(train.evaluate.epochs + train.evaluate.steps > 0, "train.evaluate: must be at least one step");
  require(train.momentum == 0 || train.optimizer == "sgd", "train.momentum: only sgd has it; adam has beta1");
  require(train.milestones.empty() || train.schedule == "step",
          "train.milestones: used by schedule = \"step\" only; set that, or remove the milestones");
  require(train.schedule != "step" || !train.milestones.empty(),
          "train.milestones: schedule = \"step\" needs at least one");
}

static void check_prune(const PruneConfig& prune) {
  require(prune.rules.empty() || prune.scope == "layer",
          "prune.rule: rules for single layers need prune.scope = \"layer\"");
  const bool before_training = prune.score_at.word.empty() && prune.score_at.length == Length{};
  require(
      prune.criterion != "movement" || !before_training,
      "prune.score_at: movement sums over a level's training, so it cannot be scored before it; use a later "
      "point or \"end\"");
  for (const PruneRule& rule : prune.rules)
    require(!rule.match.empty(), "prune.rule.match: must not be empty");
}

static void check_retrain(const Config& config) {
  const bool reinit = config.retrain.mode == "reinit";
  require(!reinit || config.retrain.rewind_to == Moment{},
          "retrain.rewind_to: mode = \"reinit\" goes back to nothing, and trains the full length; remove it");
  require(!reinit || !config.control.reinit,
          "control.reinit: is what retrain.mode = \"reinit\" does already; remove one of them");
}

static void check_search(const Config& config) {
  const bool early = config.search.method == "early-bird";
  require(!early || config.data.validation > 0,
          "search.method: \"early-bird\" decides on held-out images; set data.validation above 0");
  require(!early || config.prune.score_at == Moment{.word = "end"},
          "prune.score_at: with search.method = \"early-bird\" the short run decides when it is pruned; "
          "remove it");
  require(!early || config.retrain.mode == "weight-rewind" || config.retrain.mode == "reinit",
          fmt::format("retrain.mode: \"{}\" goes on from the level before, which search.method = "
                      "\"early-bird\" does not train; use weight-rewind or reinit",
                      config.retrain.mode));
}

void check_config(const Config& config) {
  const std::string& name = config.name;
  const auto allowed = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.';
  };
  require(
      !name.empty() && name.size() <= 100 && name[0] != '.' && std::all_of(name.begin(), name.end(), allowed),
      fmt::format("name: '{}' cannot name a folder: use letters, digits, '-', '_' and '.'", name));
  check_data(config.data);
  check_model(config.model);
  check_train(config.train);
  check_prune(config.prune);
  check_retrain(config);
  check_search(config);
}

}  // namespace coppice
