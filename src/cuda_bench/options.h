#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "cuda_bench/cases.h"

namespace coppice {

/// What is asked of the benchmark on a GPU.
struct CudaBenchOptions {
  std::vector<std::string> suites;  ///< Empty and no shapes: all, the most important first.
  std::vector<std::string> shapes;  ///< "MxKxN" or a convolution, as measure/bench_shape.h reads them.
  // Of suites these leave only the cases that agree; shapes are timed in all combinations.
  std::vector<double> densities;        ///< Shapes: 10%, 5% and 2% where empty.
  std::vector<std::string> precisions;  ///< Shapes: bf16 and fp32 where empty.
  std::vector<std::string> caches;      ///< "cold", "warm"; shapes: both where empty.
  std::vector<std::int64_t> batches;    ///< Of convolutions: 64 where empty.
  std::vector<std::string> masks;       ///< As mask_name(); shapes: uniform where empty.
  bool quick = false;                   ///< Suites: few cases.
  bool dry = false;                     ///< Limits alone, from figures of an H200: needs no device.
  std::string out;                      ///< A folder that results are kept in after every case; empty: none.
  int device = 0;
};

/// "spmv", "spmv-conv", "shapes", "all".
std::string suite_name(const CudaBenchOptions& options);

/// Throws BadInput where something is unknown or out of range, or no case is left.
std::vector<CudaCase> cuda_cases(const CudaBenchOptions& options);

}  // namespace coppice
