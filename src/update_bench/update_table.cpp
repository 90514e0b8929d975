#include "update_bench/update_table.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/table.h"
#include "base/text.h"
#include "cuda_bench/results_json.h"
#include "measure/figures.h"

namespace coppice {

using Json = nlohmann::ordered_json;

namespace {

constexpr double kMicro = 1e6;

std::string us(double seconds) { return fmt::format("{:.4g}", kMicro * seconds); }

std::vector<std::string> what_cells(const UpdateResult& result) {
  return {result.what.network, grouped(result.elements), optimizer_name(result.what.optimizer),
          density_text(result.what.density), cache_state_name(result.what.caches)};
}

std::string factor(const std::optional<Interval>& ratio) {
  return ratio ? fmt::format("{} ({})", factor_text(*ratio), range_text(*ratio)) : "-";
}

Json limit_json(const TimeLimit& limit) {
  return {{"us", kMicro * limit.seconds}, {"set_by", limit.resource}};
}

Json traffic_json(const kernels::UpdateTraffic& traffic, const TimeLimit& limit) {
  return {{"bytes_read", traffic.read}, {"bytes_written", traffic.written}, {"limit", limit_json(limit)}};
}

const char* leaves_name(Leaves leaves) {
  switch (leaves) {
    case Leaves::kZero: return "zero";
    case Leaves::kZeroValue: return "zero values";
    case Leaves::kAnything: break;
  }
  return "no masks";
}

Json updater_json(const UpdaterTime& time) {
  Json json = {{"name", time.name},
               {"variant", time.variant},
               {"own", time.own},
               {"pruned_become", leaves_name(time.leaves)},
               {"time_us", to_json(time.seconds, kMicro)},
               {"queued_us", to_json(time.queued, kMicro)}};
  if (time.own) {
    json["bytes"] = time.bytes;
    json["limit"] = limit_json(time.limit);
    json["attained"] = time.attained;
    json["bandwidth"] = time.bandwidth;
  }
  if (time.over_own) json["over_own"] = to_json(*time.over_own);
  if (time.over_own_zero) json["over_own_zero"] = to_json(*time.over_own_zero);
  return json;
}

}  // namespace

std::string update_table(const std::vector<UpdateResult>& results) {
  Table table({"network", "elements", "optimizer", "density", "caches", "way", "us", "95%", "queued us",
               "limit us", "attained", "of bandwidth", "over own", "over own, zero"});
  std::string wrong;
  for (const UpdateResult& result : results) {
    for (const UpdaterTime& time : result.updaters) {
      std::vector<std::string> row = what_cells(result);
      row.insert(
          row.end(),
          {time.name, us(time.seconds.median),
           fmt::format("{}-{}", us(time.seconds.low), us(time.seconds.high)), us(time.queued.median),
           time.own ? us(time.limit.seconds) : "-", time.own ? percent_text(time.attained) : "-",
           time.own ? percent_text(time.bandwidth) : "-", factor(time.over_own), factor(time.over_own_zero)});
      table.add_row(std::move(row));
    }
    for (const auto& one : result.wrong)
      wrong += fmt::format("WRONG: {}: {}: {}\n", result.what.text(), one.name, one.why);
  }
  return "One step of all parameters. us: inside a CUDA graph of many steps; queued: each step queued by the "
         "host.\nover own: time over that of our kernel, and of our kernel where pruned elements are known "
         "to be "
         "zero.\nOur kernel leaves pruned elements zero in value and state.\n\n" +
         table.text() + (wrong.empty() ? "" : "\n" + wrong);
}

std::string update_limits_table(const std::vector<UpdateResult>& results) {
  Table table({"network", "elements", "optimizer", "density", "caches", "bytes", "limit us", "set by",
               "bytes, pruned are zero", "limit us", "set by"});
  for (const UpdateResult& result : results) {
    std::vector<std::string> row = what_cells(result);
    const auto add = [&](const kernels::UpdateTraffic& traffic, const TimeLimit& limit) {
      row.insert(row.end(), {grouped(traffic.total()), us(limit.seconds), limit.resource});
    };
    add(result.clear, result.clear_limit);
    add(result.skip, result.skip_limit);
    table.add_row(std::move(row));
  }
  return "The bytes that one step must move (mask, and in sectors of 32 bytes value, gradient and state), "
         "and "
         "the\nleast that it can take, a launch included.\n\n" +
         table.text();
}

Json to_json(const UpdateResult& result) {
  Json json = {{"suite", "update"},
               {"network", result.what.network},
               {"elements", result.elements},
               {"kept", result.kept},
               {"optimizer", optimizer_name(result.what.optimizer)},
               {"density", result.what.density},
               {"caches", cache_state_name(result.what.caches)},
               {"clear", traffic_json(result.clear, result.clear_limit)},
               {"pruned_are_zero", traffic_json(result.skip, result.skip_limit)}};
  if (result.updaters.empty() && result.wrong.empty()) return json;
  json["copies"] = result.copies;
  json["samples"] = result.samples;
  json["ways"] = Json::array();
  for (const UpdaterTime& time : result.updaters) json["ways"].push_back(updater_json(time));
  json["wrong"] = Json::array();
  for (const auto& one : result.wrong) json["wrong"].push_back({{"way", one.name}, {"why", one.why}});
  json["gpu"] = {{"before", to_json(result.before)}, {"after", to_json(result.after)}};
  return json;
}

}  // namespace coppice
