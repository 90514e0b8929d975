#pragma once
#include "support/small_search.h"
#include "ticket/stable_point.h"

namespace coppice {

/// Hears of notes and of copies.
struct Listener : Observer {
  void on_note(const std::string& note) override { notes += note + "\n"; }
  void on_level(const LevelRecord& record, bool resumed) override {
    if (record.branch.starts_with("stable-") && !resumed) ++copies;
  }
  std::string notes;
  int copies = 0;
};

class StablePointSearch : public SmallSearch {
 protected:
  /// A high learning rate, which is unstable until late in training.
  StablePointSearch() {
    config.data.synthetic_shape = {1, 8, 8};
    config.data.synthetic_examples = 1800;
    config.data.validation = 300;
    config.model.width = 0.2;
    config.train.length = {8, 0};
    config.train.batch = 32;
    config.train.momentum = 0;
    config.train.learning_rate = 1;
    config.prune.levels = 1;
    config.retrain.rewind_to = {.word = "auto"};
    load();
  }

  void load() {
    data = load_data(config.data);
    network = network_from_config(config.model, data);
    steps_per_epoch = coppice::steps_per_epoch(data, config.train);
    steps = config.train.length.in_steps(steps_per_epoch);
    full = full_masks(network, {});
  }

  /// Percentage points on the split, by definition: two trainings, 32 networks, the highest error less the
  /// mean of the ends'.
  double barrier_by_hand(const Tensors& start, std::int64_t step, Split split) const {
    const Tensors from = trained(start, full, 0, 0, step);
    const Tensors a = trained(start, full, 0, 0, steps);
    const Tensors b = trained(from, full, std::uint64_t{1} << 32, step, steps);
    const auto engine = make_engine(network, data, config.train, resolve_device("cpu", 1));
    double highest = 0, ends = 0;
    for (int i = 0; i <= 31; ++i) {
      engine->load(interpolate(a, b, i / 31.0), full, 1, 0);
      const double error = 100 * (1 - engine->evaluate(split).accuracy());
      highest = std::max(highest, error);
      if (i == 0 || i == 31) ends += error / 2;
    }
    return highest - ends;
  }

  static StablePoint point_of(const SearchResult& result) {
    return read_stable_point(RunPaths{result.folder}).value();
  }
  static std::string broken(const SearchResult& result) {
    std::string what;
    for (const Finding& finding : verify_run(result.folder)) {
      if (finding.outcome == Finding::Outcome::kBroken) what += finding.what + ": " + finding.detail + "\n";
    }
    return what;
  }
  static Checkpoint rewind_of(const SearchResult& result, std::int64_t replicate = 1) {
    return read_checkpoint(RunPaths{result.folder}.replicate(replicate).rewind().string());
  }

  Masks full;
};

}  // namespace coppice
