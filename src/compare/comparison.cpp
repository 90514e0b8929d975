#include "compare/comparison.h"

#include "coppice/checkpoint.h"
#include "coppice/data.h"
#include "coppice/error.h"
#include "coppice/plan.h"
#include "coppice/prune.h"
#include "coppice/ticket.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/paths.h"
#include "base/text.h"
#include "compare/test_accuracy.h"
#include "measure/calibration_cache.h"
#include "sparse/peers.h"
#include "ticket/kept_level.h"

namespace coppice {

namespace fs = std::filesystem;

namespace {

/// The level asked for, or the ticket's, or the sparsest that is there (and a note that it is no ticket).
std::int64_t choose_level(const std::string& folder, const RunContent& run, std::int64_t asked,
                          std::vector<std::string>& notes) {
  if (asked >= 0) return asked;
  if (run.ticket && run.ticket->level > 0) return run.ticket->level;
  std::int64_t sparsest = -1;
  for (const LevelRecord& record : run.records) {
    const bool there = fs::exists(RunPaths{folder}.replicate(1).level(record.level).model());
    if (record.replicate == 1 && there) sparsest = std::max(sparsest, record.level);
  }
  if (sparsest < 0)
    throw BadInput(fmt::format("{}: has no finished level; let 'coppice prune' go on", folder));
  notes.push_back(fmt::format("this run has no winning ticket ({}): compared is its sparsest level, {}",
                              run.ticket ? run.ticket->why : "the search is not finished", sparsest));
  return sparsest;
}

struct Subject {
  Network network;
  Tensors ticket;
  Masks masks;
  std::optional<Tensors> dense;  ///< Of level 0.
};

Subject load_subject(const std::string& folder, std::int64_t level, std::vector<std::string>& notes) {
  const LevelPaths files = kept_level(folder, level);
  Checkpoint checkpoint = read_checkpoint(files.model().string());
  Subject subject{
      std::move(checkpoint.network), std::move(checkpoint.tensors), read_masks(files.mask().string()), {}};
  if (fs::exists(RunPaths{folder}.replicate(1).level(0).model())) {
    subject.dense = read_checkpoint(kept_level(folder, 0).model().string()).tensors;
  } else {
    notes.push_back(
        "the dense network's weights were not kept: its time is that of the ticket's tensors run dense");
  }
  return subject;
}

void compare_layers(Comparison& comparison, const Plan& plan, const CompareOptions& options,
                    const float* images) {
  const Plan::Content& content = plan.content();
  const WayContext context{*content.program, plan.batch(), options.threads, all_candidates()};
  std::optional<Tape> tape;
  for (std::size_t i = 0; i < content.program->steps.size(); ++i) {
    const Step& step = content.program->steps[i];
    if (step.kind != Step::Kind::kLayer || !matches_glob(options.layer_glob, step.name)) continue;
    if (options.progress) options.progress(fmt::format("batch {}: comparing {}", plan.batch(), step.name));
    if (!tape) tape.emplace(context, images);
    comparison.layers.push_back(
        compare_layer(context, *tape, i, content.decision.steps[i], comparison.calibration, options.samples));
  }
}

void compare_batch(Comparison& comparison, const Subject& subject, const Data& data,
                   const CompareOptions& options, std::int64_t batch, std::unique_ptr<Plan>& largest) {
  const std::vector<float> images = test_images(data, 0, batch);
  const fs::path plans = RunPaths{comparison.run}.plans();
  make_folder(plans);
  PlanOptions plan_options;
  plan_options.batch = batch;
  plan_options.threads = options.threads;
  plan_options.force_sparse = options.force_sparse;
  plan_options.cache = (plans / fmt::format("level-{:02}-batch-{}{}.json", comparison.level, batch,
                                            options.force_sparse ? "-sparse" : ""))
                           .string();
  if (options.replan) remove_path(plan_options.cache);
  plan_options.on_step = [&](std::size_t step, std::size_t steps) {
    if (options.progress)
      options.progress(fmt::format("batch {}: timing kernels, step {} of {}", batch, step + 1, steps));
  };
  auto plan =
      std::make_unique<Plan>(subject.network, subject.ticket, subject.masks, images.data(), plan_options);
  if (!plan->note().empty()) comparison.notes.push_back(plan->note());
  if (options.progress) options.progress(fmt::format("batch {}: comparing the networks", batch));
  const Tensors& dense = subject.dense ? *subject.dense : subject.ticket;
  comparison.models.push_back(compare_model(subject.network, dense, subject.ticket, *plan, images.data(),
                                            comparison.calibration, options.samples, options.energy));
  compare_layers(comparison, *plan, options, images.data());
  if (!largest || largest->batch() < batch) largest = std::move(plan);
}

TestAccuracy measure_accuracy(const Subject& subject, const Data& data, Plan& plan) {
  const std::int64_t batch = plan.batch(), classes = subject.network.classes;
  const auto on_dense_kernels = [&](const Tensors& tensors) {
    const auto way = std::move(dense_networks(compile_program(subject.network, tensors), batch).front());
    return test_accuracy(data, batch, classes, [&](const float* x, float* y) { way->run(x, y); });
  };
  TestAccuracy accuracy;
  accuracy.images = data.test.count();
  if (subject.dense) accuracy.dense = on_dense_kernels(*subject.dense);
  accuracy.ticket_dense_kernels = on_dense_kernels(subject.ticket);
  accuracy.ticket_sparse_kernels = test_accuracy(data, batch, classes, [&](const float* x, float* y) {
    plan.content().executable->run(x, y);  // even where the whole network is faster dense
  });
  return accuracy;
}

}  // namespace

Comparison compare_run(const std::string& folder, const CompareOptions& options) {
  const RunContent run = read_run(folder);
  Comparison comparison;
  comparison.run = folder;
  comparison.machine = this_machine();
  comparison.carbon_g_per_kwh = run.config.energy.carbon_g_per_kwh;
  comparison.level = choose_level(folder, run, options.level, comparison.notes);
  const Subject subject = load_subject(folder, comparison.level, comparison.notes);
  comparison.density = density(subject.network, subject.masks).of_prunable;

  bool matched = false;
  for (const Node& node : subject.network.nodes) {
    matched |=
        (node.op == Op::kConv || node.op == Op::kLinear) && matches_glob(options.layer_glob, node.name);
  }
  if (!matched)
    throw BadInput(fmt::format("--layer '{}': matches no linear or convolution layer of {}",
                               options.layer_glob, subject.network.name));
  const Data data = load_data(run.config.data);
  for (const std::int64_t batch : options.batches) {
    if (batch < 1) throw BadInput(fmt::format("--batch {}: a batch has at least 1 image", batch));
    if (batch > data.test.count()) {
      throw BadInput(fmt::format("--batch {}: the test set has {} images", batch, data.test.count()));
    }
  }
  if (options.progress) options.progress("calibrating the machine");
  comparison.calibration = calibration(options.threads);
  CompareOptions settings = options;
  if (settings.energy.assume_watts == 0) settings.energy.assume_watts = run.config.energy.assume_watts;
  if (options.force_sparse) comparison.notes.push_back("no layer was allowed to stay dense (--force sparse)");
  std::unique_ptr<Plan> largest;
  for (const std::int64_t batch : options.batches) {
    compare_batch(comparison, subject, data, settings, batch, largest);
  }
  if (options.progress) options.progress("measuring accuracies");
  comparison.accuracy = measure_accuracy(subject, data, *largest);

  const fs::path file =
      RunPaths{folder}.comparison("cpu", comparison.level, options.force_sparse ? "-sparse" : "");
  comparison.file = file.string();
  write_file_atomically(file, to_json(comparison).dump(2) + "\n");
  return comparison;
}

}  // namespace coppice
