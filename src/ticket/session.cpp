#include "ticket/session.h"

#include "coppice/checkpoint.h"
#include "coppice/error.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/files.h"
#include "ticket/curve.h"
#include "ticket/level.h"
#include "ticket/plan.h"

namespace coppice {

namespace fs = std::filesystem;

namespace {

/// The config with the network in it, where that is not the one the config names: a network given in C++ is
/// part of what a run is, and config.toml must lead back to it.
Config with_network(Config config, const Network& network, const Data& data) {
  if (network_from_config(config.model, data) == network) return config;
  config.model.name = network.name;
  config.model.layers = network.nodes;
  config.model.width = 1.0;
  return config;
}

/// Fine-tuning goes on at the rate that the schedule ended with.
TrainConfig at_final_rate(TrainConfig train, const SearchPlan& plan) {
  train.learning_rate = learning_rate(train, plan.steps_per_level - 1, plan.steps_per_epoch);
  train.schedule = "constant";
  train.milestones.clear();
  train.warmup = {};
  return train;
}

}  // namespace

Session::Session(const Network& the_network, const Data& the_data, const Config& the_config,
                 const SearchOptions& the_options)
    : network(the_network),
      data(the_data),
      config(with_network(the_config, the_network, the_data)),
      options(the_options),
      plan(plan_search(network, data, config)),
      device(resolve_device(options.device, options.threads)) {
  initial(config.seed);  // refuses bad weights before anything is written
}

void Session::open(const RunPaths& the_paths) {
  paths = the_paths;
  result.folder = paths.folder.string();
  engine = make_engine(network, data, config.train, device);
}

std::uint64_t Session::seed(std::int64_t replicate) const { return replicate_seed(config, replicate); }

Tensors Session::initial(std::uint64_t seed) const {
  if (config.model.weights.empty())
    return initialise(network, config.model.init, config.model.norm_scale, seed);
  Tensors tensors = read_safetensors(config.model.weights).tensors;
  check_tensors(network, tensors, config.model.weights);
  return tensors;
}

void Session::note(const std::string& text) const {
  if (options.observer) options.observer->on_note(text);
}

void Session::write_curve() const {
  write_file_atomically(paths.curve(), curve_csv(result.records, result.controls));
  write_file_atomically(paths.picture(), curve_svg(summarise(result.records), config.name,
                                                   summarise_controls(result.controls)));
}

Engine& Session::engine_for(const Stint& stint) {
  if (!stint.final_rate) return *engine;
  if (!final_rate_engine_)
    final_rate_engine_ = make_engine(network, data, at_final_rate(config.train, plan), device);
  return *final_rate_engine_;
}

LevelRecord Session::read_back(const LevelRecord& record) {
  steps_accounted_ += record.steps;
  if (options.observer) options.observer->on_level(record, true);
  return record;
}

LevelRecord Session::train(const Stint& stint) {
  if (const auto found = finished_level(stint.files, true); found && found->masks == stint.masks)
    return read_back(*found);
  if (fs::exists(stint.files.mask()) && read_masks(stint.files.mask().string()) != stint.masks) {
    // Another target density was asked for before: its last level lies off the way to the new one.
    note(fmt::format("{}: was pruned to another density; it and the levels after it are trained anew",
                     stint.files.folder.string()));
    const ReplicatePaths branch{stint.files.folder.parent_path()};
    for (std::int64_t old = stint.level; fs::exists(branch.level(old).folder); ++old)
      remove_path(branch.level(old).folder);
  }
  LevelTask task{network, data, config, options, engine_for(stint), stint};
  task.seed = seed(stint.replicate);
  task.steps_per_epoch = plan.steps_per_epoch;
  task.threads = device.threads;
  task.device = device.type;
  task.progress = [&](std::int64_t step, const Tally& tally, const std::optional<Evaluation>& last) {
    report(stint, step, tally, last);
  };
  LevelRecord record = train_level(task);
  steps_accounted_ += record.steps;
  if (options.observer) options.observer->on_level(record, false);
  return record;
}

void Session::report(const Stint& stint, std::int64_t step, const Tally& tally,
                     const std::optional<Evaluation>& last) {
  const auto now = std::chrono::steady_clock::now();
  if (mark_.folder == stint.files.folder) trained_ += step - mark_.step;
  if (mark_.step < 0) began_ = now;
  mark_ = {stint.files.folder, step};
  SearchProgress progress;
  progress.branch = stint.branch;
  progress.replicate = stint.replicate;
  progress.replicates = config.replicates;
  progress.level = stint.level;
  progress.levels = static_cast<std::int64_t>(plan.kept.size()) - 1;
  progress.step = step;
  progress.steps = stint.last_step;
  progress.epoch = static_cast<double>(step) / static_cast<double>(plan.steps_per_epoch);
  progress.density = static_cast<double>(kept(stint.masks)) /
                     static_cast<double>(std::max<std::int64_t>(1, prunable(stint.masks)));
  progress.train = tally;
  progress.last = last;
  const double elapsed = std::chrono::duration<double>(now - began_).count();
  if (trained_ > 0 && elapsed > 0) {
    progress.steps_per_s = static_cast<double>(trained_) / elapsed;
    const std::int64_t left = plan.total_steps - steps_accounted_ - (step - stint.first_step);
    progress.seconds_left = std::max(0.0, static_cast<double>(left) / progress.steps_per_s);
  }
  if (options.observer) options.observer->on_progress(progress);
}

}  // namespace coppice
