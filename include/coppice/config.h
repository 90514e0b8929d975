#pragma once
#include "coppice/length.h"
#include "coppice/network.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace coppice {

struct DataConfig {
  std::string dataset = "fashion-mnist";
  std::string path;
  std::int64_t validation = 5000;
  double subset = 1.0;
  std::int64_t resolution = 0;
  std::string augment = "none";
  std::vector<std::int64_t> synthetic_shape = {1, 28, 28};
  std::int64_t synthetic_classes = 10;
  std::int64_t synthetic_examples = 12000;
  std::uint64_t synthetic_seed = 1;
};

struct ModelConfig {
  std::string name = "lenet-300-100";
  std::vector<Node>
      layers;  ///< [[model.layers]]; where given, they are the network and `name` is only its name.
  std::string init = "kaiming-normal";
  std::string norm_scale = "ones";
  std::string weights;
  double width = 1.0;
};

struct TrainConfig {
  Length length{40, 0};
  std::int64_t batch = 128;
  std::string optimizer = "sgd";
  double learning_rate = 0.1;
  double momentum = 0.0;
  double weight_decay = 0.0;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  std::string schedule = "constant";
  std::vector<Length> milestones;
  double gamma = 0.1;
  Length warmup{0, 0};
  std::string precision = "fp32";
  Length evaluate{1, 0};
  std::string engine = "auto";
};

struct PruneRule {
  std::string match;  ///< Name or glob of a node or weight tensor.
  double fraction = 0.2;
  bool operator==(const PruneRule&) const = default;
};

struct PruneConfig {
  std::string criterion = "magnitude";
  std::string scope = "global";
  Moment score_at{.word = "end"};      ///< "end", or a length.
  std::int64_t score_examples = 1000;  ///< Training examples that criteria which need gradients look at.
  std::int64_t score_rounds = 0;  ///< Score and prune this often within a level; 0: as the criterion does.
  double fraction = 0.2;
  std::int64_t levels = 15;
  double density = 0.0;
  std::vector<std::string> exclude;
  std::int64_t min_per_layer = 1;
  std::vector<PruneRule> rules;
};

struct RetrainConfig {
  std::string mode = "weight-rewind";
  Moment rewind_to{};  ///< A length, or "auto".
};

struct SearchConfig {
  std::string method = "iterative";
  // Of the early search: see src/ticket/early/scout.h.
  Length prune_from{};        ///< 0: 15% of train.length.
  Length draw_every{};        ///< 0: an eightieth of train.length.
  double settled = 0.12;      ///< Two masks drawn in succession that differ by no more are the same.
  std::int64_t draws = 4;     ///< At most so many in a level.
  std::int64_t attempts = 2;  ///< Final trainings at most; each is one level denser than the one before.
  double tolerance_pp = 0.2;
};

/// Branches trained beside the search: what a ticket has to beat.
struct ControlConfig {
  bool reinit = false, shuffle = false, random = false, dense = false;
};

struct EnergyConfig {
  double assume_watts = 0;
  double carbon_g_per_kwh = 0;
};

/// Everything a run is told. The table of fields in src/config/fields.cpp declares each member once: its key,
/// type, default, range, help, and whether it is part of the run's identity or only of its extent.
struct Config {
  std::string name = "run";
  std::uint64_t seed = 1;
  std::int64_t replicates = 1;
  DataConfig data;
  ModelConfig model;
  TrainConfig train;
  PruneConfig prune;
  RetrainConfig retrain;
  SearchConfig search;
  ControlConfig control;
  EnergyConfig energy;
};

/// Reads a TOML file and then the overrides, each "key=value" with the value as TOML writes it (quotes around
/// strings may be left out). Throws BadInput naming file, line, column, key and the nearest valid one.
Config load_config(const std::string& path, const std::vector<std::string>& overrides = {});

/// The same from text; `source` names it in messages.
Config parse_config(const std::string& text, const std::string& source,
                    const std::vector<std::string>& overrides);

/// Checks what concerns more than one field (rules need scope = layer, density excludes levels, ...).
/// Throws BadInput.
void check_config(const Config& config);

/// Canonical and complete TOML: `parse_config` of it gives the same config.
std::string dump_config(const Config& config);

/// Content that the config only points at and that is part of a run's identity.
struct IdentityContent {
  std::string data_sha256;
  std::string weights_sha256;  ///< Empty without model.weights.
  std::string device_type;     ///< "cpu" or "cuda".
};

/// First 8 hexadecimal digits of the SHA-256 over all identity fields and the content above.
std::string identity_hash(const Config& config, const IdentityContent& content);

/// Keys of identity fields whose values differ, for messages: "train.batch: 128 -> 64".
std::vector<std::string> identity_differences(const Config& a, const Config& b);

/// One row of the documentation's table.
struct FieldHelp {
  std::string key, type, default_value, range, help;
  bool identity = true;
};
std::vector<FieldHelp> config_help();

/// docs/config.md: all rows as a Markdown table.
std::string config_markdown();

}  // namespace coppice
