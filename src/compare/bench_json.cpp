#include "compare/bench_json.h"

#include "compare/to_json.h"

namespace coppice {

using Json = nlohmann::ordered_json;

Json to_json(const LayerTiming& timing) {
  Json json = to_json(timing.comparison);
  json["dense_weight_bytes"] = timing.dense_weight_bytes;
  json["dense_weights_fit"] = timing.weights_lie;
  json["caches"] = timing.displaced_bytes > 0 ? "cold" : "warm";
  if (timing.displaced_bytes > 0) json["read_between_runs_bytes"] = timing.displaced_bytes;
  return json;
}

Json to_json(const Sweep& sweep) {
  Json points = Json::array();
  for (const LayerTiming& point : sweep.points) points.push_back(to_json(point));
  return {{"shape", sweep.layer},
          {"batch", sweep.images},
          {"break_even_density", sweep.break_even},
          {"predicted_break_even_density", sweep.predicted_break_even},
          {"points", points}};
}

Json to_json(const NetworkTiming& timing) {
  return {{"network", timing.what.network},    {"batch", timing.what.batch},
          {"density", timing.what.density},    {"pruned", timing.what.global ? "global" : "layer"},
          {"plan", to_json(timing.chosen, 0)}, {"all_sparse", to_json(timing.forced_sparse, 0)}};
}

Json to_json(const TrainTiming& timing) {
  const auto side = [&](const std::string& engine, const Interval& epoch) {
    return Json{{"engine", engine}, {"epoch_s", to_json(epoch)}, {"attained", timing.limit_s / epoch.median}};
  };
  return {{"network", timing.network},
          {"data", timing.data},
          {"real_data", timing.real_data},
          {"examples", timing.examples},
          {"batch", timing.batch},
          {"steps_per_epoch", timing.steps_per_epoch},
          {"steps_timed", timing.steps_timed},
          {"scaled", timing.steps_timed != timing.steps_per_epoch},
          {"samples", timing.samples},
          {"coppice", side(timing.engine, timing.coppice)},
          {"eager", side("libtorch eager", timing.eager)},
          {"speedup", to_json(timing.speedup)},
          {"epoch_flops", timing.epoch_flops},
          {"limit_s", timing.limit_s}};
}

Json to_json(const SkippedTensor& skipped) { return {{"tensor", skipped.name}, {"why", skipped.why}}; }

}  // namespace coppice
