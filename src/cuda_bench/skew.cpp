#include "cuda_bench/skew.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/table.h"
#include "measure/bench_shape.h"
#include "measure/figures.h"

namespace coppice {

namespace {

/// Our fastest by that name in the case's own precision.
const KernelTime* own_time(const CudaCaseResult& result, const std::string& kernel) {
  const auto found = std::find_if(result.kernels.begin(), result.kernels.end(), [&](const KernelTime& time) {
    return time.own && time.kernel == kernel && time.precision == result.what.precision;
  });
  return found == result.kernels.end() ? nullptr : &*found;
}

}  // namespace

std::vector<SkewRatio> skew_ratios(const std::vector<CudaCaseResult>& results) {
  std::vector<SkewRatio> ratios;
  for (const CudaCaseResult& skewed : results) {
    if (skewed.what.mask == MaskPattern::kUniform) continue;
    CudaCase even = skewed.what;
    even.mask = MaskPattern::kUniform;
    const auto uniform = std::find_if(results.begin(), results.end(),
                                      [&](const CudaCaseResult& result) { return result.what == even; });
    if (uniform == results.end()) continue;
    for (const KernelTime& time : skewed.kernels) {
      const KernelTime* beside = own_time(*uniform, time.kernel);
      if (&time != own_time(skewed, time.kernel) || !beside) continue;
      const Interval &over = time.seconds, &under = beside->seconds;
      ratios.push_back({skewed.what,
                        time.kernel,
                        over.median,
                        under.median,
                        {over.median / under.median, over.low / under.high, over.high / under.low}});
    }
  }
  return ratios;
}

std::string skew_table(const std::vector<SkewRatio>& ratios) {
  if (ratios.empty()) return "";
  Table table({"layer", "batch", "density", "in", "caches", "mask", "own kernel", "us", "uniform us",
               "over uniform", "range"});
  for (const SkewRatio& one : ratios) {
    table.add_row({shape_text(one.what.shape), std::to_string(one.what.images),
                   density_text(one.what.density), kernels::precision_name(one.what.precision),
                   cache_state_name(one.what.caches), mask_name(one.what.mask), one.kernel,
                   fmt::format("{:.4g}", 1e6 * one.skewed_s), fmt::format("{:.4g}", 1e6 * one.uniform_s),
                   factor_text(one.ratio), range_text(one.ratio)});
  }
  return "Skewed masks: our kernels' time over that on a uniform mask with as many nonzeros.\n\n" +
         table.text() + "\n";
}

nlohmann::ordered_json to_json(const SkewRatio& one) {
  return {{"suite", one.what.suite},
          {"shape", shape_text(one.what.shape)},
          {"batch", one.what.images},
          {"density", one.what.density},
          {"precision", kernels::precision_name(one.what.precision)},
          {"caches", cache_state_name(one.what.caches)},
          {"mask", mask_name(one.what.mask)},
          {"kernel", one.kernel},
          {"over_uniform", to_json(one.ratio)}};
}

}  // namespace coppice
