// The search: for each replicate and level, rewind -> train -> evaluate -> score -> shrink the mask. A level
// whose folder says that it is finished is read back instead of trained, so the same command resumes, and
// raising the levels or replicates goes on from what is there.
#include "coppice/checkpoint.h"
#include "coppice/error.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "base/files.h"
#include "base/text.h"
#include "ticket/curve.h"
#include "ticket/level.h"
#include "ticket/plan.h"
#include "ticket/prune_level.h"
#include "ticket/record.h"
#include "ticket/run_folder.h"

namespace coppice {

namespace fs = std::filesystem;

namespace {

/// Parameters and buffers to begin with: fresh ones, or the content of model.weights.
Tensors initial_tensors(const Network& network, const ModelConfig& config, std::uint64_t seed) {
  if (config.weights.empty()) return initialise(network, config.init, config.norm_scale, seed);
  Tensors tensors = read_safetensors(config.weights).tensors;
  check_tensors(network, tensors, config.weights);
  return tensors;
}

/// The config with the network in it, where that is not the one the config names: a network given in C++ is
/// part of what a run is, and config.toml must lead back to it.
Config with_network(Config config, const Network& network, const Data& data) {
  if (network_from_config(config.model, data) == network) return config;
  config.model.name = network.name;
  config.model.layers = network.nodes;
  config.model.width = 1.0;
  return config;
}

class Search {
 public:
  Search(const Network& network, const Data& data, const Config& config, const SearchOptions& options)
      : network_(network),
        data_(data),
        config_(with_network(config, network, data)),
        options_(options),
        plan_(plan_search(network, data, config_)) {
    device_ = resolve_device(options.device, options.threads);
    initial_tensors(network, config.model, config.seed);  // refuses bad weights before anything is written
  }

  SearchResult run() {
    RunFolder folder(config_, network_, data_, options_, device_);
    paths_ = folder.paths();
    result_.folder = paths_.folder.string();
    engine_ = make_engine(network_, data_, config_.train, device_);
    try {
      for (replicate_ = 1; replicate_ <= config_.replicates; ++replicate_) search_replicate();
      result_.ticket = choose_ticket(result_.records, config_.search.tolerance_pp);
      if (data_.count(Split::kValidation) > 0) {
        write_file_atomically(paths_.ticket(), to_json(result_.ticket).dump(2) + "\n");
      }
      if (options_.keep_only_ticket) drop_other_weights();
      folder.set_status("done", result_.ended);
    } catch (const Interrupted& stop) {
      folder.set_status("interrupted", stop.what());
      throw;
    } catch (const Error& error) {
      try {
        folder.set_status("failed", error.what());
      } catch (const Error&) {
        // The first error is the one to tell: the second is most likely the same full disk.
      }
      throw;
    }
    return std::move(result_);
  }

 private:
  void search_replicate() {
    const ReplicatePaths paths = paths_.replicate(replicate_);
    const std::uint64_t seed = config_.seed + static_cast<std::uint64_t>(replicate_ - 1);
    make_folder(paths.folder);
    if (!fs::exists(paths.init())) {
      write_checkpoint(paths.init().string(), network_, initial_tensors(network_, config_.model, seed));
    }
    Masks masks = full_masks(network_, config_.prune.exclude);
    std::optional<LevelRecord> found = finished_level(paths.level(0), true);
    for (std::int64_t level = 0;; ++level) {
      result_.records.push_back(found && found->masks == masks ? read_back(*found)
                                                               : train(paths, seed, level, masks));
      write_curve();
      const auto rule = next_rule(config_.prune, masks, level);
      if (!rule) return;
      found = finished_level(paths.level(level + 1), true);
      try {
        const bool fits =
            found && kept(found->masks) == kept_after(*rule, masks) && nested_in(found->masks, masks);
        masks = fits ? found->masks : prune(paths, seed, level, masks, *rule);
      } catch (const LayerCollapse& collapse) {
        end_early(level, collapse.what());
        return;
      }
    }
  }

  LevelRecord read_back(const LevelRecord& record) {
    steps_accounted_ += record.steps;
    notify([&](Observer& observer) { observer.on_level(record, true); });
    return record;
  }

  LevelRecord train(const ReplicatePaths& paths, std::uint64_t seed, std::int64_t level, const Masks& masks) {
    const LevelPaths files = paths.level(level);
    if (fs::exists(files.mask()) && read_masks(files.mask().string()) != masks) {
      // Another target density was asked for before: its last level lies off the way to the new one.
      notify([&](Observer& observer) {
        observer.on_note(
            fmt::format("{}: was pruned to another density; it and the levels after it are trained anew",
                        files.folder.string()));
      });
      for (std::int64_t old = level; fs::exists(paths.level(old).folder); ++old)
        remove_path(paths.level(old).folder);
    }
    LevelTask task{network_, data_, config_, options_, *engine_, paths, files};
    task.replicate = replicate_;
    task.level = level;
    task.seed = seed;
    task.steps_per_epoch = plan_.steps_per_epoch;
    task.first_step = level == 0 ? 0 : plan_.rewind_step;
    task.last_step = plan_.steps_per_level;
    task.rewind_step = plan_.rewind_step;
    task.threads = device_.threads;
    task.device = device_.type;
    task.progress = [&](std::int64_t step, const Tally& tally, const std::optional<Evaluation>& last) {
      report(task, step, tally, last, masks);
    };
    LevelRecord record = train_level(task, masks, [&] {
      // Rewinding: the survivors' values at the rewind point, BatchNorm statistics included.
      return read_checkpoint((level == 0 ? paths.init() : paths.rewind()).string()).tensors;
    });
    steps_accounted_ += record.steps;
    notify([&](Observer& observer) { observer.on_level(record, false); });
    return record;
  }

  Masks prune(const ReplicatePaths& paths, std::uint64_t seed, std::int64_t level, const Masks& masks,
              const ShrinkRule& rule) const {
    const fs::path model = paths.level(level).model();
    if (!fs::exists(model)) {
      throw BadInput(
          fmt::format("{}: is not there (run with --keep ticket?), and pruning level {} needs it; remove the "
                      "folder {} to train that level again",
                      model.string(), level + 1, paths.level(level).folder.string()));
    }
    const Tensors weights = read_checkpoint(model.string()).tensors;
    const auto start = [&] {
      return read_checkpoint((level == 0 ? paths.init() : paths.rewind()).string()).tensors;
    };
    return prune_level({network_, config_, masks, weights, start, [&]() -> const Data& { return data_; },
                        [&] { return device_; }, seed, level},
                       rule);
  }

  void end_early(std::int64_t level, const std::string& why) {
    result_.ended = fmt::format("the search ended after level {}: {}", level, why);
    notify([&](Observer& observer) { observer.on_note(result_.ended); });
    steps_accounted_ += (static_cast<std::int64_t>(plan_.kept.size()) - 1 - level) *
                        (plan_.steps_per_level - plan_.rewind_step);
  }

  void write_curve() const {
    write_file_atomically(paths_.curve(), curve_csv(result_.records));
    write_file_atomically(paths_.picture(), curve_svg(summarise(result_.records), config_.name));
  }

  void drop_other_weights() const {
    for (const LevelRecord& record : result_.records) {
      const bool last = &record == &result_.records.back() || (&record)[1].replicate != record.replicate;
      if (record.level == 0 || record.level == result_.ticket.level || last) continue;
      remove_path(paths_.replicate(record.replicate).level(record.level).model());
    }
  }

  void report(const LevelTask& task, std::int64_t step, const Tally& tally,
              const std::optional<Evaluation>& last, const Masks& masks) {
    const auto now = std::chrono::steady_clock::now();
    const bool same_level = mark_.replicate == replicate_ && mark_.level == task.level;
    if (same_level) trained_ += step - mark_.step;
    if (mark_.step < 0) began_ = now;
    mark_ = {replicate_, task.level, step};
    SearchProgress progress;
    progress.replicate = replicate_;
    progress.replicates = config_.replicates;
    progress.level = task.level;
    progress.levels = static_cast<std::int64_t>(plan_.kept.size()) - 1;
    progress.step = step;
    progress.steps = task.last_step;
    progress.epoch = static_cast<double>(step) / static_cast<double>(plan_.steps_per_epoch);
    progress.density =
        static_cast<double>(kept(masks)) / static_cast<double>(std::max<std::int64_t>(1, prunable(masks)));
    progress.train = tally;
    progress.last = last;
    const double elapsed = std::chrono::duration<double>(now - began_).count();
    if (trained_ > 0 && elapsed > 0) {
      progress.steps_per_s = static_cast<double>(trained_) / elapsed;
      const std::int64_t left = plan_.total_steps - steps_accounted_ - (step - task.first_step);
      progress.seconds_left = std::max(0.0, static_cast<double>(left) / progress.steps_per_s);
    }
    notify([&](Observer& observer) { observer.on_progress(progress); });
  }

  template <class Call>
  void notify(const Call& call) const {
    if (options_.observer) call(*options_.observer);
  }

  const Network& network_;
  const Data& data_;
  const Config config_;
  const SearchOptions& options_;
  const SearchPlan plan_;
  Device device_;
  RunPaths paths_;
  std::unique_ptr<Engine> engine_;
  SearchResult result_;
  std::int64_t replicate_ = 1;
  std::int64_t steps_accounted_ =
      0;  ///< Of the plan, finished levels only: trained now or before, or never to be.
  struct {
    std::int64_t replicate = 0, level = -1, step = -1;
  } mark_;                    ///< The last report.
  std::int64_t trained_ = 0;  ///< Steps between reports of this process, since `began_`.
  std::chrono::steady_clock::time_point began_;
};

}  // namespace

SearchResult find_ticket(const Network& network, const Data& data, const Config& config,
                         const SearchOptions& options) {
  return Search(network, data, config, options).run();
}

}  // namespace coppice
