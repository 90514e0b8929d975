#pragma once
#include <string>
#include <vector>

#include "compare/bench_case.h"

namespace coppice {

/// Suites of single layers: spmm, gemv, conv.
std::vector<std::string> layer_suite_names();

/// Their cases at each density, fewer where `quick`.
///   spmm  square 512 to 4096, 128 and 1024 columns
///   gemv  1024^2 and 4096^2, warm, and 8192^2, whose weights come from memory; 1 to 3 columns
///   conv  3x3 on 64 channels of 32x32, 128 of 16x16, 256 of 8x8 and 14x14, and 64 to 128 channels with
///   stride 2;
///         16 images and 1
std::vector<BenchCase> suite_cases(const std::string& suite, const std::vector<double>& densities,
                                   bool quick);

}  // namespace coppice
