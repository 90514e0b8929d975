#pragma once
#include "coppice/checkpoint.h"
#include "coppice/error.h"
#include "coppice/ticket.h"

#include <gtest/gtest.h>

#include "base/paths.h"
#include "support/scratch.h"

namespace coppice {

/// A search that takes a fraction of a second: 5 steps an epoch, a network with BatchNorm, and momentum.
class SmallSearch : public ::testing::Test {
 protected:
  SmallSearch() {
    config.data.dataset = "synthetic";
    config.data.synthetic_shape = {1, 6, 6};
    config.data.synthetic_classes = 4;
    config.data.synthetic_examples = 600;
    config.data.validation = 100;
    config.train.length = {2, 0};
    config.train.batch = 80;
    config.train.momentum = 0.9;
    config.train.learning_rate = 0.05;
    config.prune.levels = 2;
    config.prune.fraction = 0.5;
    config.retrain.rewind_to = {.length = {0, 3}};
    data = load_data(config.data);
    network = complete({"small",
                        data.pool.image,
                        data.classes,
                        {{.op = Op::kConv, .name = "c", .out = 6, .kernel = 3, .padding = 1, .bias = false},
                         {.op = Op::kBatchNorm, .name = "b"},
                         {.op = Op::kRelu, .name = "r"},
                         {.op = Op::kFlatten, .name = "flat"},
                         {.op = Op::kLinear, .name = "o", .out = data.classes}}});
    steps_per_epoch = coppice::steps_per_epoch(data, config.train);
    steps = config.train.length.in_steps(steps_per_epoch);
  }

  SearchResult search(Observer* observer = nullptr, const char* runs = "runs") const {
    return find_ticket(network, data, config,
                       {.runs = scratch / runs, .device = "cpu", .threads = 1, .observer = observer});
  }

  /// Tensors after training by hand from `start` under `masks` over [from, to).
  Tensors trained(const Tensors& start, const Masks& masks, std::uint64_t level, std::int64_t from,
                  std::int64_t to) const {
    return trained(config.train, start, masks, level, from, to);
  }
  Tensors trained(const TrainConfig& train, const Tensors& start, const Masks& masks, std::uint64_t level,
                  std::int64_t from, std::int64_t to) const {
    const auto engine = make_engine(network, data, train, resolve_device("cpu", 1));
    engine->load(start, masks, config.seed, level);
    engine->train(from, to);
    return engine->weights();
  }

  static Tensors model(const SearchResult& result, std::int64_t level, const std::string& branch = "") {
    return read_checkpoint(RunPaths{result.folder}.replicate(1).branch(branch).level(level).model().string())
        .tensors;
  }
  static Tensors initial(const SearchResult& result) {
    return read_checkpoint(RunPaths{result.folder}.replicate(1).init().string()).tensors;
  }

  static void expect_verified(const SearchResult& result) {
    for (const Finding& finding : verify_run(result.folder))
      EXPECT_EQ(finding.outcome, Finding::Outcome::kOk) << finding.what << ": " << finding.detail;
  }

  Config config;
  Data data;
  Network network;
  std::int64_t steps_per_epoch = 0, steps = 0;
  Scratch scratch;
};

/// Throws as a signal would, once so many pieces of work were reported.
struct Interruption : Observer {
  explicit Interruption(int after) : left(after) {}
  void on_progress(const SearchProgress&) override {
    if (--left == 0) throw Interrupted("now");
  }
  int left;
};

}  // namespace coppice
