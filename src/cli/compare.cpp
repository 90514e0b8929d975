// coppice compare: a run's ticket, sparse against dense, measured.
#include "coppice/error.h"
#include "coppice/train.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/libtorch/threads.h"
#include "cli/common.h"
#include "cli/progress.h"
#include "compare/comparison.h"
#include "report/compare_table.h"

namespace coppice {

namespace {

constexpr const char* kExamples =
    "Examples:\n  coppice compare quickstart                     the ticket, at batch 1, 16 and 128\n"
    "  coppice compare RUN --level 7 --batch 32       another level, another batch\n"
    "  coppice compare RUN --layer 'layer1.*'         some layers only\n"
    "  coppice compare RUN --force sparse             every layer sparse: what the choice is worth";

struct Options {
  std::string run, force;
  CompareOptions compare;
  bool quick = false;
};

void compare(Options options, const CommonOptions& common) {
  if (common.device.starts_with("cuda")) throw BadInput("--device: compare runs on the CPU");
  options.compare.force_sparse = options.force == "sparse";
  options.compare.threads = resolve_device("cpu", common.threads).threads;
  if (options.quick) {
    options.compare.samples = {7, 0.01};
    options.compare.energy.measure = false;
  }
  std::sort(options.compare.batches.begin(), options.compare.batches.end());
  const auto twice = std::unique(options.compare.batches.begin(), options.compare.batches.end());
  options.compare.batches.erase(twice, options.compare.batches.end());
  set_threads(options.compare.threads);
  const std::string folder = find_run(options.run, common);
  Comparison comparison;
  {
    WorkProgress progress(common.quiet);
    options.compare.progress = [&](const std::string& what) { progress.show(what); };
    comparison = compare_run(folder, options.compare);
  }
  print_result(common.json ? to_json(comparison).dump(2) + "\n" : compare_text(comparison));
}

}  // namespace

void add_compare(CLI::App& app, const CommonOptions& common) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("compare", "Run the ticket sparse and dense, and say what it saves");
  verb->footer(kExamples);
  verb->add_option("RUN", options->run, "A run's folder or name")->required();
  verb->add_option("--level", options->compare.level, "Level instead of the ticket")
      ->check(CLI::Range(0, 9999));
  verb->add_option("--batch", options->compare.batches, "Images in a call: 1,16,128")
      ->delimiter(',')
      ->check(CLI::Range(1, 1000000));
  verb->add_option("--layer", options->compare.layer_glob, "Layers to compare one by one")
      ->capture_default_str();
  verb->add_option("--force", options->force, "sparse: no layer may stay dense")
      ->check(CLI::IsMember({"sparse"}));
  verb->add_option("--assume-watts", options->compare.energy.assume_watts,
                   "Power for an ESTIMATE of energy where no counter can be read")
      ->check(CLI::NonNegativeNumber);
  verb->add_flag("--replan", options->compare.replan, "Time all kernels anew, even if a plan is kept");
  verb->add_flag("--quick", options->quick, "Fewer samples, no energy");
  verb->callback([options, &common] { compare(*options, common); });
}

}  // namespace coppice
