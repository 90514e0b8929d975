#include "cli/bench_cuda.h"

#include "coppice/error.h"

#include <charconv>

#include <fmt/format.h>

#ifdef COPPICE_HAS_CUDA
#include "cuda_bench/run.h"
#endif

namespace coppice {

#ifdef COPPICE_HAS_CUDA

/// Of "cuda" or "cuda:N". LibTorch, which knows devices too, may be one without CUDA, and is not needed here.
static int cuda_index(const std::string& device) {
  if (device == "cuda") return 0;
  int index = -1;
  const char *first = device.data() + std::string("cuda:").size(), *last = device.data() + device.size();
  const bool colon = device.starts_with("cuda:");
  if (!colon || std::from_chars(first, last, index).ptr != last || index < 0)
    throw BadInput(fmt::format("--device is '{}'; it must be auto, cpu, cuda or cuda:N", device));
  return index;
}

void bench_on_cuda(const BenchOptions& options, const CommonOptions& common) {
  check_on_cuda(options);
  CudaBenchOptions cuda;
  if (!options.suite.empty()) cuda.suites = {options.suite};
  cuda.shapes = options.shapes;
  cuda.densities = options.density;
  cuda.precisions = options.precisions;
  cuda.caches = options.caches;
  cuda.batches = options.batches;
  cuda.masks = options.masks;
  cuda.quick = options.quick;
  cuda.dry = options.dry;
  cuda.out = options.out;
  cuda_cases(cuda);  // what is wrong with the options comes before what is wrong with the machine
  cuda.device = cuda_index(common.device);
  const CudaBenchOutcome outcome = run_cuda_bench(cuda, [&](const std::string& what) {
    if (!common.quiet) fmt::print(stderr, "{} ...\n", what);
  });
  print_result(common.json ? outcome.json.dump(2) + "\n" : outcome.text);
  throw_if_wrong(outcome);
}

#else

void bench_on_cuda(const BenchOptions&, const CommonOptions& common) {
  throw BadInput(
      fmt::format("--device {}: this build has no CUDA kernels, since no CUDA toolkit was found when it was "
                  "made; build it "
                  "again where nvcc is, or leave --device out",
                  common.device));
}

#endif

}  // namespace coppice
