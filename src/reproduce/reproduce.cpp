// An experiment is a list of searches, each of which resumes by itself; what they measured is then judged.
#include "reproduce/reproduce.h"

#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "base/paths.h"
#include "base/text.h"
#include "ticket/expect.h"
#include "ticket/run_folder.h"

namespace coppice {

namespace {

/// Steps that a search's folder holds already.
std::int64_t steps_done(const std::string& folder) {
  if (!std::filesystem::exists(RunPaths{folder}.run())) return 0;
  const RunContent run = read_run(folder);
  std::int64_t steps = 0;
  for (const LevelRecord& record : run.records) steps += record.steps;
  for (const LevelRecord& record : run.controls) steps += record.steps;
  return steps;
}

/// Seconds that a search has still to train.
double expected_seconds(const Config& config, const SearchOptions& options) {
  const Data data = load_data(config.data);
  const Network network = network_from_config(config.model, data);
  const Device device = resolve_device(options.device, options.threads);
  const SearchPlan plan = plan_search(network, data, config);
  const std::int64_t done = steps_done(options.runs + "/" + run_name(config, data, device));
  if (done >= plan.total_steps) return 0;
  const double left = static_cast<double>(plan.total_steps - done) / static_cast<double>(plan.total_steps);
  return left * expect_search(network, data, config, plan, device).total_s;
}

/// Passes on what a search tells, with the time that later searches will take.
class OneOfMany : public Observer {
 public:
  OneOfMany(Observer& observer, double later_s) : observer_(observer), later_s_(later_s) {}
  void on_progress(const SearchProgress& progress) override {
    SearchProgress all = progress;
    all.seconds_left += later_s_;
    observer_.on_progress(all);
  }
  void on_level(const LevelRecord& record, bool resumed) override { observer_.on_level(record, resumed); }
  void on_note(const std::string& note) override { observer_.on_note(note); }

 private:
  Observer& observer_;
  double later_s_;
};

struct Search {
  const Part* part;
  Config config;
  double expected_s = 0;
};

std::string announcement(const Experiment& experiment, const Reproduction& out,
                         const std::vector<Search>& searches) {
  double total_s = 0;
  for (const Search& search : searches) total_s += search.expected_s;
  std::string text = fmt::format("{}: {}\n", experiment.name, experiment.paper);
  if (out.dataset != out.original_dataset)
    text += fmt::format(
        "{} was not found on this machine ('coppice doctor' says how to get it): runs on {}, and "
        "compares the shape of the curves, not their figures\n",
        out.original_dataset, out.dataset);
  if (out.quick) text += fmt::format("--quick: {}\n", experiment.quick_is);
  const std::string count = searches.size() == 1 ? "1 search" : fmt::format("{} searches", searches.size());
  return text + (total_s > 0 ? fmt::format("{} of {} replicates: about {}", count,
                                           searches.front().config.replicates, duration_text(total_s))
                             : fmt::format("{}, all done before", count));
}

}  // namespace

Reproduction reproduce(const Experiment& experiment, const ReproduceOptions& options) {
  Reproduction out;
  out.experiment = experiment.name;
  out.original_dataset = experiment.dataset;
  out.dataset = dataset_for(experiment, find_datasets());
  out.quick = options.quick;
  std::vector<Search> searches;
  double later_s = 0;
  for (const Part& part : experiment.parts) {
    if (options.quick && part.quick.empty()) continue;
    searches.push_back(
        {&part, part_config(experiment, part, out.dataset, options.quick, options.replicates)});
    searches.back().expected_s = expected_seconds(searches.back().config, options.search);
    later_s += searches.back().expected_s;
  }
  Observer nobody;
  Observer& observer = options.search.observer ? *options.search.observer : nobody;
  observer.on_note(announcement(experiment, out, searches));
  for (const Search& search : searches) {
    later_s -= search.expected_s;
    OneOfMany one(observer, later_s);
    SearchOptions search_options = options.search;
    search_options.observer = &one;
    if (searches.size() > 1) observer.on_note(search.part->key);
    const Data data = load_data(search.config.data);
    const SearchResult result =
        find_ticket(network_from_config(search.config.model, data), data, search.config, search_options);
    out.runs.push_back({search.part->key, result.folder, result.ticket});
    add_run(out.measured, search.part->curve, result.records, result.controls);
    for (const LevelRecord& record : result.records) out.time_s += record.time_s;
    for (const LevelRecord& record : result.controls) out.time_s += record.time_s;
  }
  const bool figures_apply = !out.quick && out.dataset == out.original_dataset;
  for (const Line& line : experiment.lines)
    out.judgements.push_back(judge(line, out.measured, figures_apply));
  return out;
}

}  // namespace coppice
