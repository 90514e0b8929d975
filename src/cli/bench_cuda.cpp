#include "cli/bench_cuda.h"

#include "coppice/error.h"

#include <charconv>
#include <functional>

#include <fmt/format.h>

#ifdef COPPICE_HAS_CUDA
#include "cuda_bench/run.h"
#include "update_bench/run_update.h"
#endif

namespace coppice {

#ifdef COPPICE_HAS_CUDA

static std::function<void(const std::string&)> say_to(const CommonOptions& common) {
  return [quiet = common.quiet](const std::string& what) {
    if (!quiet) fmt::print(stderr, "{} ...\n", what);
  };
}

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

static CudaBenchOutcome bench_update(const BenchOptions& options, const CommonOptions& common) {
  if (!options.precisions.empty() || !options.masks.empty() || !options.batches.empty() ||
      !options.shapes.empty())
    throw BadInput("bench: --precision, --mask, --batch and --shape: --suite update has none of them");
  UpdateBenchOptions update;
  update.densities = options.density;
  update.caches = options.caches;
  update.quick = options.quick;
  update.dry = options.dry;
  update.out = options.out;
  update_cases(update);
  update.device = cuda_index(common.device);
  return run_update_bench(update, say_to(common));
}

static CudaBenchOutcome bench_kernels(const BenchOptions& options, const CommonOptions& common) {
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
  return run_cuda_bench(cuda, say_to(common));
}

void bench_on_cuda(const BenchOptions& options, const CommonOptions& common) {
  check_on_cuda(options);
  const CudaBenchOutcome outcome =
      options.suite == "update" ? bench_update(options, common) : bench_kernels(options, common);
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
