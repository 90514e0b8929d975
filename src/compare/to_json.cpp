#include "compare/to_json.h"

namespace coppice {

using Json = nlohmann::ordered_json;

Json to_json(const Interval& interval, double scale) {
  return {
      {"median", interval.median * scale}, {"low", interval.low * scale}, {"high", interval.high * scale}};
}

Json to_json(const LayerComparison& layer) {
  constexpr double kMs = 1e3;
  Json candidates = Json::array();
  for (const KernelResult& kernel : layer.candidates) {
    candidates.push_back({{"kernel", kernel.kernel},
                          {"variant", kernel.variant},
                          {"layout", kernel.layout},
                          {"sparse", kernel.sparse},
                          {"time_ms", to_json(kernel.seconds, kMs)},
                          {"gflops_useful", kernel.gflops_useful},
                          {"packed_bytes", kernel.packed_bytes}});
  }
  const auto limit = [&](const TimeLimit& time) {
    return Json{{"ms", time.seconds * kMs}, {"set_by", time.resource}};
  };
  return {{"name", layer.name},
          {"op", layer.op},
          {"shape", layer.shape},
          {"density", layer.density},
          {"batch", layer.batch},
          {"chosen", layer.chosen},
          {"best_dense", layer.best_dense},
          {"best_sparse", layer.best_sparse},
          {"candidates", candidates},
          {"speedup", to_json(layer.speedup)},
          {"sparse_speedup", to_json(layer.sparse_speedup)},
          {"dense_limit", limit(layer.dense_limit)},
          {"sparse_limit", limit(layer.sparse_limit)},
          {"limit_speedup", layer.limit_speedup},
          {"attained", layer.attained},
          {"break_even_density", layer.break_even_density},
          {"predicted_break_even_density", layer.predicted_break_even_density},
          {"why", layer.why}};
}

}  // namespace coppice
