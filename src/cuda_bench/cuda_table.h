#pragma once
#include <string>
#include <vector>

#include "cuda_bench/time_case.h"

namespace coppice {

/// One row a case: our fastest kernel, the fastest sparse and dense ones of libraries, and the limits; below
/// it what was refused, what was wrong, and where the GPU slowed down.
std::string cuda_table(const std::vector<CudaCaseResult>& results);

/// One row a case: the limits alone, and what our kernels that serve it should take; below it why others do
/// not.
std::string cuda_limits_table(const std::vector<CudaCaseResult>& results);

}  // namespace coppice
