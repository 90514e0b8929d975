// The program: a thin client of the library. This file only dispatches; each verb has a file of its own.
#include "coppice/error.h"

#include <algorithm>
#include <cstdio>
#include <new>
#include <string_view>

#include <fmt/format.h>

#include "base/interrupt.h"
#include "base/text.h"
#include "base/version.h"
#include "cli/common.h"
#include "cli/polite.h"

namespace {

constexpr const char* kExamples = R"(Examples:
  coppice prune configs/quickstart.toml                 find a winning ticket (the same command resumes)
  coppice prune configs/lenet-300-100.toml --dry-run    what that would do and cost
  coppice compare quickstart                            run the ticket sparse and say what it saves
  coppice inspect runs                                  what was found so far
  coppice export RUN --format pt -o ticket.pt           hand the ticket on
  coppice reproduce lth-lenet --quick                   an experiment of the literature, beside its figures
  coppice doctor                                        what this machine can run and measure)";

int run(int argc, char** argv) {
  using namespace coppice;
  CLI::App app(
      "Coppice finds winning tickets: networks with a tenth of their weights that still match the dense one.",
      "coppice");
  app.footer(kExamples);
  app.require_subcommand(0, 1);
  app.fallthrough();
  app.set_version_flag("--version", fmt::format("coppice {} ({})", kVersion, kGitCommit));
  CommonOptions common;
  app.add_option("--runs", common.runs, "Folder that holds run folders")->capture_default_str();
  app.add_option("--device", common.device, "auto, cpu, cuda or cuda:N")->capture_default_str();
  app.add_option("--threads", common.threads, "CPU threads; 0: one for each core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app.add_flag("--json", common.json, "One JSON document on stdout and nothing else");
  app.add_flag("--quiet", common.quiet, "No progress");
  add_prune(app, common);
  add_compare(app, common);
  add_export(app, common);
  add_inspect(app, common);
  add_verify(app, common);
  add_bench(app, common);
  add_reproduce(app, common);
  add_doctor(app, common);
  for (CLI::App* verb : app.get_subcommands({})) verb->fallthrough();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Help and version are "errors" with code 0; everything else is bad input.
    if (app.exit(error) == 0) return 0;
    std::vector<std::string> verbs;
    for (const CLI::App* verb : app.get_subcommands({})) verbs.push_back(verb->get_name());
    const std::string word = argc > 1 ? argv[1] : "";
    if (app.get_subcommands().empty() && !word.starts_with('-')) {
      fmt::print(stderr, "coppice: '{}' is no verb{}\n", word, did_you_mean(word, verbs));
    }
    return 2;
  }
  if (app.get_subcommands().empty()) {
    fmt::print(stderr, "{}\ncoppice: a subcommand is missing\n", app.help());
    return 2;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  // Only where hours may be spent or microseconds are measured: starting twice costs a quarter of a second.
  for (const std::string_view verb : {"prune", "compare", "bench", "reproduce"}) {
    if (std::find(argv, argv + argc, verb) != argv + argc) coppice::restart_with_short_spins(argv);
  }
  coppice::catch_interrupts();
  try {
    return run(argc, argv);
  } catch (const coppice::Error& error) {
    fmt::print(stderr, "coppice: {}\n", error.what());
    return error.exit_code();
  } catch (const std::bad_alloc&) {
    fmt::print(stderr,
               "coppice: out of memory; a smaller train.batch, data.subset or model.width needs less\n");
    return 1;
  } catch (const std::exception& error) {
    const std::string_view what = error.what();  // LibTorch appends a stack trace, which helps no user
    fmt::print(stderr, "coppice: unexpected failure: {}\n", what.substr(0, what.find('\n')));
    return 1;
  }
}
