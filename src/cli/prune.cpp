// coppice prune: from a config to a ticket.
#include "coppice/error.h"
#include "coppice/ticket.h"

#include <filesystem>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/libtorch/threads.h"
#include "base/table.h"
#include "base/text.h"
#include "cli/common.h"
#include "cli/dry_run.h"
#include "cli/progress.h"
#include "cli/run_json.h"
#include "report/curve_table.h"
#include "report/early_text.h"

namespace coppice {

namespace {

struct PruneOptions {
  std::string config, keep = "all";
  std::vector<std::string> overrides;
  double save_every_s = SearchOptions{}.save_interval_s;
  bool dry_run = false, help_config = false, markdown = false, accept_changes = false;
};

constexpr const char* kExamples = R"(Examples:
  coppice prune configs/quickstart.toml
  coppice prune configs/lenet-300-100.toml --set prune.levels=20 --set seed=7
  coppice prune configs/resnet-20.toml --dry-run
The same command again resumes; a greater extent (prune.levels, replicates) goes on in the same folder.)";

void print_config_help(bool json) {
  if (json) {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const FieldHelp& row : config_help()) {
      rows.push_back({{"key", row.key},
                      {"type", row.type},
                      {"default", row.default_value},
                      {"range", row.range},
                      {"identity", row.identity},
                      {"help", row.help}});
    }
    print_result(rows.dump(2) + "\n");
    return;
  }
  std::string out =
      "Keys of a config. * marks identity: another value is another run; the rest only extends or places "
      "it.\n\n";
  for (const FieldHelp& row : config_help()) {
    out += fmt::format("{}{} = {}   ({}{}{})\n      {}\n", row.identity ? "* " : "  ", row.key,
                       row.default_value, row.type, row.range.empty() ? "" : ": ", row.range, row.help);
  }
  out += fmt::format("\nNetworks of the registry: {}\n", join(network_names(), ", "));
  print_result(out);
}

void print_search(const SearchResult& result, const Config& config, bool held_out, bool json) {
  const RunContent run{config, result.records, result.controls,
                       held_out ? std::optional(result.ticket) : std::nullopt, "done"};
  if (json) return print_result(run_json(result.folder, run, result.ended).dump(2) + "\n");
  std::string out = curve_table(run) + "\n";
  if (!result.ended.empty()) out += fmt::format("Note: {}.\n", result.ended);
  out += ticket_text(result.ticket, config.replicates) + "\n" + early_text(result.ticket);
  out += energy_sentence(result.ticket, config.energy.carbon_g_per_kwh) + "\n\n";
  out += fmt::format("Files: {}  (curve.csv, curve.svg, ticket.json, a folder per level)\n", result.folder);
  out += fmt::format(
      "Next:  coppice compare {0}\n       coppice verify {0}\n       coppice export {0} --format pt -o "
      "{1}.pt{2}\n",
      result.folder, config.name, result.ticket.level == 0 ? " --level N" : "");
  print_result(out);
}

void prune(const PruneOptions& options, const CommonOptions& common) {
  if (options.help_config && options.markdown) return print_result(config_markdown());
  if (options.help_config) return print_config_help(common.json);
  if (options.config.empty())
    throw BadInput("prune: CONFIG is missing; try 'coppice prune configs/quickstart.toml'");
  const Config config = load_config(options.config, options.overrides);
  SearchOptions search;
  search.runs = common.runs;
  search.device = common.device;
  search.threads = common.threads;
  search.accept_changes = options.accept_changes;
  search.save_interval_s = options.save_every_s;
  search.keep_only_ticket = options.keep == "ticket";
  set_threads(resolve_device(search.device, search.threads).threads);
  const Data data = load_data(config.data);
  const Network network = network_from_config(config.model, data);
  if (options.dry_run) return print_result(dry_run(network, data, config, search, common.json));
  ConsoleObserver observer(common.quiet);
  search.observer = &observer;
  print_search(find_ticket(network, data, config, search), config, data.count(Split::kValidation) > 0,
               common.json);
}

}  // namespace

void add_prune(CLI::App& app, const CommonOptions& common) {
  auto options = std::make_shared<PruneOptions>();
  CLI::App* verb = app.add_subcommand("prune", "Find a winning ticket: train, prune, rewind, repeat");
  verb->footer(kExamples);
  verb->add_option("CONFIG", options->config, "Config file (TOML)");
  verb->add_option("--set", options->overrides, "Override a key: --set train.length=10ep")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  verb->add_flag("--dry-run", options->dry_run,
                 "Layers, densities, steps, memory, disk and time expected; writes nothing");
  verb->add_option("--keep", options->keep,
                   "Which levels' weights stay: all, or the ticket's (and dense and last)")
      ->check(CLI::IsMember({"all", "ticket"}))
      ->capture_default_str();
  verb->add_option("--save-every", options->save_every_s,
                   "Seconds of work (or one epoch, if longer) that a kill may cost")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verb->add_flag("--accept-changes", options->accept_changes,
                 "Go on although threads, engine or LibTorch differ from when the run was begun: other bits");
  verb->add_flag("--help-config", options->help_config, "All config keys");
  verb->add_flag("--markdown", options->markdown, "With --help-config: as docs/config.md")
      ->needs("--help-config");
  verb->callback([options, &common] { prune(*options, common); });
}

}  // namespace coppice
