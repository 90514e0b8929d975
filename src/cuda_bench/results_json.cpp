#include "cuda_bench/results_json.h"

#include "measure/bench_shape.h"
#include "measure/figures.h"

namespace coppice {

using Json = nlohmann::ordered_json;

namespace {

constexpr double kMicro = 1e6;

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json limit_json(const TimeLimit& limit) {
  return {{"us", limit.seconds * kMicro}, {"set_by", limit.resource}};
}

Json prediction_json(const CudaCaseResult& result, const OwnPrediction& prediction) {
  Json json = {{"kernel", prediction.kernel}};
  if (!prediction.refusal.empty()) json["refused"] = prediction.refusal;
  if (prediction.limit) {
    json.update(limit_json(*prediction.limit));
    json["speedup"] = result.predicted_speedup(*prediction.limit);
  }
  return json;
}

Json kernel_json(const KernelTime& time) {
  return {{"kernel", time.kernel},
          {"variant", time.variant},
          {"layouts", time.layouts},
          {"own", time.own},
          {"sparse", time.sparse},
          {"precision", kernels::precision_name(time.precision)},
          {"packed_bytes", time.packed_bytes},
          {"copies", time.copies},
          {"bytes_gone_round", time.all_bytes},
          {"calls_per_sample", time.calls_per_sample},
          {"time_us", to_json(time.seconds, kMicro)},
          {"limit", limit_json(time.limit)},
          {"attained", time.attained},
          {"preparation_s", time.preparation_s},
          {"break_even_runs", or_null(time.break_even_runs)}};
}

Json ratio_json(const KernelRatio& ratio) {
  return {{"baseline", ratio.over}, {"kernel", ratio.under}, {"speedup", to_json(ratio.ratio)}};
}

Json ratio_json(const std::optional<KernelRatio>& ratio) {
  return ratio ? ratio_json(*ratio) : Json(nullptr);
}

Json conversion_json(const std::optional<ConversionTime>& time) {
  if (!time) return nullptr;
  return {{"layouts", time->layouts},         {"bytes", time->bytes},
          {"copies", time->copies},           {"time_us", to_json(time->seconds, kMicro)},
          {"limit", limit_json(time->limit)}, {"attained", time->attained}};
}

Json with_conversions_json(const std::optional<WithConversions>& with) {
  if (!with) return nullptr;
  return {{"kernel", with->kernel},
          {"entry", conversion_json(with->entry)},
          {"exit", conversion_json(with->exit)},
          {"time_us", to_json(with->seconds, kMicro)},
          {"over_dense", with->over_dense ? to_json(*with->over_dense) : Json(nullptr)}};
}

Json absences_json(const std::vector<Absence>& absences) {
  Json json = Json::array();
  for (const Absence& absence : absences) {
    json.push_back({{"kernel", absence.kernel},
                    {"precision", kernels::precision_name(absence.precision)},
                    {"why", absence.why}});
  }
  return json;
}

}  // namespace

Json to_json(const GpuState& state) {
  if (!state.unavailable.empty()) return {{"unavailable", state.unavailable}};
  Json json = {{"sm_clock_mhz", or_null(state.sm_clock_mhz)},
               {"memory_clock_mhz", or_null(state.memory_clock_mhz)},
               {"temperature_c", or_null(state.temperature_c)},
               {"power_w", or_null(state.power_w)},
               {"throttle_reasons", nullptr}};
  if (state.throttle_reasons) json["throttle_reasons"] = throttle_names(*state.throttle_reasons);
  return json;
}

Json to_json(const CudaCaseResult& result) {
  const kernels::LayerShape& shape = result.what.shape;
  Json json = {{"suite", result.what.suite},
               {"shape", shape_text(shape)},
               {"batch", result.what.images},
               {"density",
                static_cast<double>(result.nonzeros) / static_cast<double>(shape.outputs * shape.columns())},
               {"nonzeros", result.nonzeros},
               {"precision", kernels::precision_name(result.what.precision)},
               {"caches", cache_state_name(result.what.caches)},
               {"mask", mask_name(result.what.mask)},
               {"limits",
                {{"dense", limit_json(result.dense_limit)},
                 {"sparse", limit_json(result.sparse_limit)},
                 {"speedup", result.limit_speedup()},
                 {"own", Json::array()}}}};
  for (const OwnPrediction& one : result.predictions)
    json["limits"]["own"].push_back(prediction_json(result, one));
  if (result.kernels.empty() && result.refused.empty() && result.wrong.empty()) return json;
  json["samples"] = result.samples;
  json["kernels"] = Json::array();
  for (const KernelTime& time : result.kernels) json["kernels"].push_back(kernel_json(time));
  json["against_sparse"] = ratio_json(result.against_sparse);
  json["against_dense"] = ratio_json(result.against_dense);
  json["against_coarser"] = Json::object();
  for (const auto& [precision, ratio] : result.against_coarser)
    json["against_coarser"][kernels::precision_name(precision)] = ratio_json(ratio);
  if (!shape.linear()) {
    json["against_fp32"] = ratio_json(result.against_fp32);
    json["with_conversions"] = with_conversions_json(result.own_with_conversions);
  }
  json["gpu"] = {{"before", to_json(result.before)}, {"after", to_json(result.after)}};
  json["refused"] = absences_json(result.refused);
  json["wrong"] = absences_json(result.wrong);
  return json;
}

Json to_json(const CudaRunInfo& info) {
  Json json = {{"suite", info.suite},          {"device", nullptr},
               {"driver", info.driver},        {"date", info.date},
               {"libraries", Json::array()},   {"ceilings", nullptr},
               {"rates", to_json(info.rates)}, {"planned", info.planned},
               {"results", Json::array()}};
  if (info.device) json["device"] = to_json(*info.device);
  for (const kernels::CudaLibrary& library : info.libraries) {
    json["libraries"].push_back(
        {{"name", library.name}, {"version", library.version}, {"problem", library.problem}});
  }
  if (info.ceilings) json["ceilings"] = to_json(*info.ceilings);
  return json;
}

}  // namespace coppice
