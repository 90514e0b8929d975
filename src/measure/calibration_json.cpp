#include "coppice/error.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/utc.h"
#include "measure/calibrate.h"

namespace coppice {

using Json = nlohmann::ordered_json;

namespace {

std::int64_t taken_at_of(const std::string& text) {
  if (const auto seconds = utc_seconds(text)) return *seconds;
  throw BadInput(fmt::format("a calibration was taken at no time: '{}'", text));
}

double positive(const Json& json, const char* what) {
  const double value = json.get<double>();
  if (!std::isfinite(value) || value <= 0)
    throw BadInput(fmt::format("a calibration's {} is {}; it must be above 0", what, value));
  return value;
}

}  // namespace

Json to_json(const Calibration& calibration) {
  Json json = {{"isa", calibration.isa},
               {"threads", calibration.threads},
               {"clock_ghz", calibration.clock_ghz},
               {"core_gflops", calibration.core_gflops},
               {"peak_gflops", calibration.peak_gflops},
               {"fed_gflops", calibration.fed_gflops},
               {"bandwidth_gb_s", Json::object()},
               {"capacity_bytes", Json::object()},
               {"not_separated", Json::array()},
               {"remarks", calibration.remarks},
               {"taken_at", utc_text(calibration.taken_at)}};
  for (const MemoryLevel& level : calibration.memory) {
    json["bandwidth_gb_s"][level.name] = level.gb_s;
    if (level.bytes > 0) json["capacity_bytes"][level.name] = level.bytes;
    if (!level.separated) json["not_separated"].push_back(level.name);
  }
  return json;
}

Calibration calibration_from_json(const Json& json) {
  try {
    Calibration calibration;
    calibration.isa = json.at("isa").get<std::string>();
    calibration.threads = static_cast<int>(positive(json.at("threads"), "thread count"));
    calibration.clock_ghz = positive(json.at("clock_ghz"), "clock");
    calibration.core_gflops = positive(json.at("core_gflops"), "peak of a core");
    calibration.peak_gflops = positive(json.at("peak_gflops"), "peak");
    calibration.fed_gflops = positive(json.at("fed_gflops"), "fed peak");
    const auto confused = json.at("not_separated").get<std::vector<std::string>>();
    const Json& capacity = json.at("capacity_bytes");
    for (const auto& [name, gb_s] : json.at("bandwidth_gb_s").items()) {
      MemoryLevel level;
      level.name = name;
      level.gb_s = positive(gb_s, "bandwidth");
      if (capacity.contains(name)) level.bytes = positive(capacity.at(name), "capacity");
      level.separated = std::find(confused.begin(), confused.end(), name) == confused.end();
      calibration.memory.push_back(level);
    }
    if (calibration.memory.empty()) throw BadInput("a calibration lacks the memory levels");
    for (const MemoryLevel& level : calibration.memory) {
      const bool last = &level == &calibration.memory.back();
      if (last != (level.bytes == 0))
        throw BadInput("a calibration's caches end in main memory, and only there");
    }
    calibration.remarks = json.at("remarks").get<std::vector<std::string>>();
    calibration.taken_at = taken_at_of(json.at("taken_at").get<std::string>());
    return calibration;
  } catch (const nlohmann::json::exception& error) {
    throw BadInput(fmt::format("no calibration: {}", error.what()));
  }
}

}  // namespace coppice
