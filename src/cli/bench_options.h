#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "compare/bench_case.h"
#include "compare/bench_weights.h"

namespace coppice {

/// What `bench` is asked to time: a suite, shapes, or the layers of a file.
struct BenchOptions {
  std::string suite;
  std::vector<std::string> shapes;
  std::string weights;
  std::vector<double> density;        ///< Empty: the defaults.
  std::vector<std::int64_t> batches;  ///< Empty: the defaults.
  std::string image;                  ///< "HxW" of a foreign file's convolutions; empty: the default.
  std::string layer;                  ///< Glob over the names of a file's layers; empty: all.
  bool quick = false;
  // On a GPU alone.
  std::vector<std::string> precisions;  ///< Empty: all.
  std::vector<std::string> caches;      ///< "cold", "warm"; empty: both.
  std::vector<std::string> masks;       ///< How nonzeros lie; empty: of shapes uniform, of suites all.
  bool dry = false;                     ///< Predicted limits alone.
  std::string out;                      ///< Folder that results are kept in.

  std::vector<double> densities() const;
  WeightsFile read_weights_file() const;
};

CLI::App* add_bench_options(CLI::App& app, BenchOptions& options);

/// Throws BadInput unless it is clear what to time, and every option given has a meaning there.
void check(const BenchOptions& options);

/// The same for `--device cuda`: whose suites, shapes and options cuda_bench/options.h checks.
void check_on_cuda(const BenchOptions& options);

std::vector<BenchCase> shape_cases(const BenchOptions& options);
/// Throws BadInput where --layer matches none.
std::vector<BenchCase> weight_cases(const BenchOptions& options, const WeightsFile& file);

}  // namespace coppice
