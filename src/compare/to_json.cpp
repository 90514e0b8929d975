#include "compare/to_json.h"

#include "measure/energy.h"

namespace coppice {

using Json = nlohmann::ordered_json;

Json to_json(const LayerComparison& layer) {
  constexpr double kMs = 1e3;
  Json candidates = Json::array();
  for (const KernelResult& kernel : layer.candidates) {
    candidates.push_back({{"kernel", kernel.kernel},
                          {"variant", kernel.variant},
                          {"layout", kernel.layout},
                          {"sparse", kernel.sparse},
                          {"time_ms", to_json(kernel.seconds, kMs)},
                          {"energy", to_json(Energy::unavailable("measured for whole networks alone"))},
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
          {"kernel_speedup", to_json(layer.kernel_speedup)},
          {"sparse_speedup", to_json(layer.sparse_speedup)},
          {"dense_limit", limit(layer.dense_limit)},
          {"sparse_limit", limit(layer.sparse_limit)},
          {"limit_speedup", layer.limit_speedup},
          {"attained", layer.attained},
          {"break_even_density", layer.break_even_density},
          {"predicted_break_even_density", layer.predicted_break_even_density},
          {"why", layer.why}};
}

Json to_json(const ModelComparison& model, double carbon_g_per_kwh) {
  constexpr double kMs = 1e3;
  const auto energy = [&](const Energy& of) {
    Json json = to_json(of);
    if (of.known() && of.kind == Energy::Kind::kMeasured && of.joules > 0) {
      json["sparse_flop_per_joule"] = model.sparse_flops / of.joules;
      json["dense_equivalent_flop_per_joule"] = model.dense_flops / of.joules;
    }
    if (carbon_g_per_kwh > 0) json["carbon"] = carbon_json(of, carbon_g_per_kwh);
    return json;
  };
  return {{"batch", model.batch},
          {"threads", model.threads},
          {"runs", model.runs},
          {"dense_ms", to_json(model.dense, kMs)},
          {"dense_kernel", model.dense_kernel},
          {"dense_without_dead_units_ms", to_json(model.slim, kMs)},
          {"dense_without_dead_units_kernel", model.slim_kernel},
          {"sparse_ms", to_json(model.plan, kMs)},
          {"speedup", to_json(model.speedup)},
          {"speedup_without_dead_units", to_json(model.slim_speedup)},
          {"limit_speedup", model.limit_speedup},
          {"dense_limit_ms", model.dense_limit * kMs},
          {"sparse_limit_ms", model.plan_limit * kMs},
          {"attained", model.attained},
          {"dense_flops", model.dense_flops},
          {"sparse_flops", model.sparse_flops},
          {"units", model.units},
          {"dead_units", model.dead_units},
          {"weight_bytes", {{"dense", model.dense_weight_bytes}, {"packed", model.packed_bytes}}},
          {"energy", {{"dense", energy(model.energy.dense)}, {"sparse", energy(model.energy.plan)}}},
          {"busy", model.energy.busy},
          {"agreement", {{"max_rel_error", model.max_rel_error}}}};
}

Json to_json(const Comparison& comparison) {
  const TestAccuracy& accuracy = comparison.accuracy;
  Json json = {{"run", comparison.run},
               {"level", comparison.level},
               {"device", "cpu"},
               {"precision", "fp32"},
               {"density_prunable", comparison.density},
               {"machine", to_json(comparison.machine)},
               {"calibration", to_json(comparison.calibration)},
               {"accuracy",
                {{"images", accuracy.images},
                 {"dense", accuracy.dense ? Json(*accuracy.dense) : Json()},
                 {"ticket_dense_kernels", accuracy.ticket_dense_kernels},
                 {"ticket_sparse_kernels", accuracy.ticket_sparse_kernels}}},
               {"model", Json::array()},
               {"layers", Json::array()},
               {"notes", comparison.notes}};
  for (const ModelComparison& model : comparison.models) {
    json["model"].push_back(to_json(model, comparison.carbon_g_per_kwh));
  }
  for (const LayerComparison& layer : comparison.layers) json["layers"].push_back(to_json(layer));
  return json;
}

}  // namespace coppice
