// coppice reproduce: named experiments of the literature, measured beside published.
#include "reproduce/reproduce.h"

#include "coppice/error.h"

#include <memory>

#include "base/libtorch/threads.h"
#include "cli/common.h"
#include "cli/progress.h"

namespace coppice {

namespace {

constexpr const char* kExamples = R"(Examples:
  coppice reproduce --list
  coppice reproduce lth-lenet --quick         minutes on two cores
  coppice reproduce renda-resnet20 --device cuda --replicates 1
The same command again resumes. A line that does not reproduce is a result: the exit code is 0 all the same.)";

struct Options {
  std::string name, keep = "ticket";
  std::int64_t replicates = 0;
  bool quick = false, list = false, accept_changes = false;
};

void run(const Options& options, const CommonOptions& common) {
  if (options.list) return print_result(common.json ? experiments_json().dump(2) + "\n" : experiments_text());
  if (options.name.empty())
    throw BadInput("reproduce: NAME is missing; 'coppice reproduce --list' shows the experiments");
  const Experiment& experiment = find_experiment(options.name);
  ReproduceOptions reproduce_options;
  reproduce_options.quick = options.quick;
  reproduce_options.replicates = options.replicates;
  SearchOptions& search = reproduce_options.search;
  search.runs = common.runs;
  search.device = common.device;
  search.threads = common.threads;
  search.accept_changes = options.accept_changes;
  search.keep_only_ticket = options.keep == "ticket";
  set_threads(resolve_device(search.device, search.threads).threads);
  ConsoleObserver observer(common.quiet);
  search.observer = &observer;
  const Reproduction reproduction = reproduce(experiment, reproduce_options);
  print_result(common.json ? to_json(reproduction).dump(2) + "\n" : reproduction_text(reproduction));
}

}  // namespace

void add_reproduce(CLI::App& app, const CommonOptions& common) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("reproduce", "Run an experiment of the literature, beside its figures");
  verb->footer(kExamples);
  verb->add_option("NAME", options->name, "Experiment; --list shows them");
  verb->add_flag("--list", options->list, "The experiments and their papers");
  verb->add_flag("--quick", options->quick, "Shorter and fewer: for the shape of the curves");
  verb->add_option("--replicates", options->replicates, "Instead of the experiment's number; more go on")
      ->check(CLI::Range(1, 1000));
  verb->add_option("--keep", options->keep,
                   "Which levels' weights stay: all, or the ticket's (and dense and last)")
      ->check(CLI::IsMember({"all", "ticket"}))
      ->capture_default_str();
  verb->add_flag("--accept-changes", options->accept_changes,
                 "Go on although threads, engine or LibTorch differ from when it was begun: other bits");
  verb->callback([options, &common] { run(*options, common); });
}

}  // namespace coppice
