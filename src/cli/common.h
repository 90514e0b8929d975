#pragma once
#include <string>

#include <CLI/CLI.hpp>

#include "base/print_result.h"

namespace coppice {

/// Options that every verb accepts.
struct CommonOptions {
  std::string runs = "runs";
  std::string device = "auto";
  int threads = 0;
  bool json = false;
  bool quiet = false;
};

/// Each verb adds its subcommand, whose callback does the work and throws coppice::Error on failure.
void add_prune(CLI::App& app, const CommonOptions& common);
void add_export(CLI::App& app, const CommonOptions& common);
void add_inspect(CLI::App& app, const CommonOptions& common);
void add_verify(CLI::App& app, const CommonOptions& common);
void add_bench(CLI::App& app, const CommonOptions& common);
void add_compare(CLI::App& app, const CommonOptions& common);
void add_reproduce(CLI::App& app, const CommonOptions& common);
void add_doctor(CLI::App& app, const CommonOptions& common);

/// The run's folder for what the user typed: a folder, or the name (or unique beginning of a name) of one in
/// --runs. Throws BadInput naming the nearest.
std::string find_run(const std::string& typed, const CommonOptions& common);

}  // namespace coppice
