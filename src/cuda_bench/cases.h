#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "cuda_bench/limits.h"
#include "kernels/cuda/candidate.h"
#include "measure/mask_pattern.h"

namespace coppice {

/// A layer with random weights, to be timed on a GPU.
struct CudaCase {
  std::string suite;
  kernels::LayerShape shape;
  std::int64_t images = 1;
  double density = 1;
  kernels::Precision precision = kernels::Precision::kBf16;
  CacheState caches = CacheState::kCold;
  MaskPattern mask = MaskPattern::kUniform;

  bool operator==(const CudaCase&) const = default;
  std::string text() const;  ///< "4096x4096, batch 1, 10% density, bf16, cold"; a skewed mask by name
};

struct CudaSuite {
  std::string name, what;
};
/// The suites, the most important first: spmv, spmm, conv.
std::vector<CudaSuite> cuda_suites();

/// Their cases, the most important first, few where `quick`. Throws BadInput on an unknown name, naming the
/// nearest.
std::vector<CudaCase> cuda_suite_cases(const std::string& suite, bool quick);

/// "fp32", "tf32" or "bf16". Throws BadInput.
kernels::Precision parse_precision(const std::string& text);

}  // namespace coppice
