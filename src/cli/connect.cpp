// coppice connect: the straight line between two trained networks, and from where on trainings stay on one.
#include "coppice/connect.h"

#include "coppice/error.h"

#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/libtorch/threads.h"
#include "base/paths.h"
#include "base/text.h"
#include "cli/common.h"
#include "cli/level_name.h"
#include "cli/progress.h"
#include "report/connect_report.h"
#include "report/instability_report.h"

namespace coppice {

namespace {

constexpr const char* kExamples =
    R"(A network is RUN, RUN:LEVEL, RUN:rREPLICATE:LEVEL or RUN:CONTROL:LEVEL; without a level its ticket.
Examples:
  coppice connect lenet                            from the ticket to the dense network of its run
  coppice connect lenet:7 lenet:8                  from a level to the next
  coppice connect lenet:7 lenet:shuffle:7 --any-masks
  coppice connect lenet:7 --again                  to a copy of the level that sees other batches: is it stable?
  coppice connect RUN OTHER                        between the tickets of two runs
  coppice connect configs/lenet-300-100.toml --from 0it,100it,1ep
                                                   instability analysis: two trainings part at each step
Both write a table, a picture and all numbers into the run's folder connect/.)";

struct Options {
  std::string a, b;
  std::vector<std::string> overrides, from;
  ConnectOptions connect;
  bool again = false;
};

/// Writes NAME.json, NAME.csv and NAME.svg and says where.
std::string write_files(const std::string& run, const std::string& name, const nlohmann::ordered_json& json,
                        const std::string& csv, const std::string& svg) {
  const std::filesystem::path folder = RunPaths{run}.connect();
  make_folder(folder);
  write_file_atomically(folder / (name + ".json"), json.dump(2) + "\n");
  write_file_atomically(folder / (name + ".csv"), csv);
  write_file_atomically(folder / (name + ".svg"), svg);
  return fmt::format("\nFiles: {}.{{json,csv,svg}}\n", (folder / name).string());
}

SearchOptions search_options(const CommonOptions& common) {
  SearchOptions search;
  search.runs = common.runs;
  search.device = common.device;
  search.threads = common.threads;
  return search;
}

Connection walk(Options& options, const LevelName& a, const CommonOptions& common) {
  WorkProgress progress(common.quiet);
  options.connect.on_point = [&](int done, int of) {
    progress.show(fmt::format("evaluating networks, {} of {}", done, of));
  };
  if (options.again) {
    ConsoleObserver observer(common.quiet);
    SearchOptions search = search_options(common);
    search.observer = &observer;
    return connect_again(a, search, options.connect);
  }
  LevelName b{.run = a.run, .replicate = a.replicate, .level = 0};
  if (!options.b.empty()) {
    b = parse_level_name(options.b);
    b.run = find_run(b.run, common);
  }
  return connect_levels(a, b, options.connect);
}

void connect_two(Options options, const CommonOptions& common) {
  if (options.again && !options.b.empty())
    throw BadInput("connect: --again compares A with itself; leave out B");
  LevelName a = parse_level_name(options.a);
  a.run = find_run(a.run, common);
  options.connect.device = common.device;
  options.connect.threads = common.threads;
  const Connection connection = walk(options, a, common);
  const nlohmann::ordered_json json = to_json(connection);
  const std::string files = write_files(a.run, connection_name(connection), json, connection_csv(connection),
                                        connection_svg(connection));
  print_result(common.json ? json.dump(2) + "\n" : connection_text(connection) + files);
}

void connect_config(const Options& options, const CommonOptions& common) {
  if (!options.b.empty() || options.again)
    throw BadInput("connect: with --from there is one config and no second network");
  std::vector<Length> from;
  for (const std::string& word : options.from) from.push_back(Length::parse(word));
  const Config config = load_config(options.a, options.overrides);
  SearchOptions search = search_options(common);
  set_threads(resolve_device(search.device, search.threads).threads);
  const Data data = load_data(config.data);
  const Network network = network_from_config(config.model, data);
  ConsoleObserver observer(common.quiet);
  search.observer = &observer;
  const Instability instability =
      find_instability(network, data, config, from, search, options.connect.examples);
  const nlohmann::ordered_json json = to_json(instability);
  const std::string files = write_files(instability.folder, "instability", json, instability_csv(instability),
                                        instability_svg(instability, config.name));
  print_result(common.json ? json.dump(2) + "\n" : instability_text(instability) + files);
}

void connect(const Options& options, const CommonOptions& common) {
  if (!options.from.empty()) return connect_config(options, common);
  if (options.a.ends_with(".toml"))
    throw BadInput(
        "connect: a config needs --from: the steps at which trainings part (--from 0it,500it,2ep)");
  if (!options.overrides.empty()) throw BadInput("connect: --set is for configs, with --from");
  connect_two(options, common);
}

}  // namespace

void add_connect(CLI::App& app, const CommonOptions& common) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand(
      "connect", "Look at the straight line between two trained networks (linear mode connectivity)");
  verb->footer(kExamples);
  verb->add_option("A", options->a, "A network of a run; or a config, with --from")->required();
  verb->add_option("B", options->b, "Another network; without one, the dense network of A's run");
  verb->add_option("--from", options->from, "Steps at which trainings of a config part: 0it,500it,2ep")
      ->delimiter(',')
      ->allow_extra_args(false);
  verb->add_option("--set", options->overrides, "Override a key of the config: --set train.length=10ep")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  verb->add_option("--points", options->connect.points, "Networks to look at between two")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  verb->add_option("--examples", options->connect.examples,
                   "Examples of each split to evaluate on, at most; 0: all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verb->add_flag("--any-masks", options->connect.any_masks,
                 "Go between networks although neither's mask lies within the other's");
  verb->add_flag("--again", options->again,
                 "Train a copy of A's level on other batches, and go there: whether the level is stable");
  verb->callback([options, &common] { connect(*options, common); });
}

}  // namespace coppice
