#pragma once
#include "cli/bench_options.h"
#include "cli/common.h"

namespace coppice {

/// `bench --device cuda`: what the program cuda_bench does. Throws BadInput where this build has no CUDA
/// kernels, or the machine no GPU.
void bench_on_cuda(const BenchOptions& options, const CommonOptions& common);

}  // namespace coppice
