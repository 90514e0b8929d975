#include "measure/energy.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace coppice {

using Json = nlohmann::ordered_json;

namespace {

constexpr double kJoulesPerKilowattHour = 3.6e6;
constexpr const char* kUnreliable = "measured over less than 2 s";

Energy total_of_measured(const std::vector<Energy>& parts) {
  Energy total = Energy::measured(0, parts.front().source);
  total.net_joules = 0;
  for (const Energy& part : parts) {
    if (part.source != total.source)
      return Energy::unavailable(
          fmt::format("parts of it were measured by {} and by {}", total.source, part.source));
    total.joules += part.joules;
    total.reliable = total.reliable && part.reliable;
    if (total.net_joules && part.net_joules)
      *total.net_joules += *part.net_joules;
    else
      total.net_joules.reset();
  }
  return total;
}

Energy total_of_estimates(const std::vector<Energy>& parts) {
  double joules = 0, seconds = 0;
  for (const Energy& part : parts) joules += part.joules, seconds += part.joules / part.assumed_watts;
  return Energy::estimate(seconds > 0 ? joules / seconds : parts.front().assumed_watts, seconds);
}

std::string joules_text(double joules) {
  if (joules >= 1e7) return fmt::format("{:.2f} MJ", joules / 1e6);
  if (joules >= 1e4) return fmt::format("{:.2f} kJ", joules / 1e3);
  return fmt::format("{:.3g} J", joules);
}

}  // namespace

Energy Energy::measured(double joules, std::string source) {
  Energy energy;
  energy.kind = Kind::kMeasured;
  energy.joules = joules;
  energy.source = std::move(source);
  energy.reason.clear();
  return energy;
}

Energy Energy::estimate(double watts, double seconds) {
  Energy energy;
  energy.kind = Kind::kEstimate;
  energy.joules = watts * seconds;
  energy.assumed_watts = watts;
  energy.reason.clear();
  return energy;
}

Energy Energy::unavailable(std::string reason) {
  Energy energy;
  energy.reason = std::move(reason);
  return energy;
}

Energy total_energy(const std::vector<Energy>& parts) {
  if (parts.empty()) return Energy::unavailable("nothing was measured");
  for (const Energy& part : parts) {
    if (!part.known()) return part;
  }
  const bool alike = std::all_of(parts.begin(), parts.end(),
                                 [&](const Energy& part) { return part.kind == parts.front().kind; });
  if (!alike) return Energy::unavailable("parts of it were measured and others only estimated");
  return parts.front().kind == Energy::Kind::kMeasured ? total_of_measured(parts) : total_of_estimates(parts);
}

std::string energy_text(const Energy& energy) {
  switch (energy.kind) {
    case Energy::Kind::kMeasured:
      return fmt::format("{} ({}{})", joules_text(energy.joules), energy.source,
                         energy.reliable ? "" : std::string(", unreliable: ") + kUnreliable);
    case Energy::Kind::kEstimate:
      return fmt::format("ESTIMATE {} ({:g} W assumed)", joules_text(energy.joules), energy.assumed_watts);
    case Energy::Kind::kUnavailable: break;
  }
  return fmt::format("not measurable here ({})", energy.reason);
}

double carbon_grams(double joules, double g_per_kwh) { return joules / kJoulesPerKilowattHour * g_per_kwh; }

std::string carbon_text(const Energy& energy, double g_per_kwh) {
  if (!energy.known() || g_per_kwh <= 0) return "";
  return fmt::format("{}{:.3g} g CO2e", energy.kind == Energy::Kind::kEstimate ? "ESTIMATE " : "",
                     carbon_grams(energy.joules, g_per_kwh));
}

Json to_json(const Energy& energy) {
  switch (energy.kind) {
    case Energy::Kind::kMeasured: {
      Json json = {{"joules", energy.joules}, {"source", energy.source}};
      if (energy.net_joules) json["net_joules"] = *energy.net_joules;
      if (!energy.reliable) json["unreliable"] = kUnreliable;
      return json;
    }
    case Energy::Kind::kEstimate:
      return {{"estimate_joules", energy.joules}, {"assumed_watts", energy.assumed_watts}};
    case Energy::Kind::kUnavailable: break;
  }
  return {{"unavailable", energy.reason}};
}

Energy energy_from_json(const Json& json) {
  if (json.contains("joules")) {
    Energy energy = Energy::measured(json.at("joules").get<double>(), json.at("source").get<std::string>());
    if (json.contains("net_joules")) energy.net_joules = json.at("net_joules").get<double>();
    energy.reliable = !json.contains("unreliable");
    return energy;
  }
  if (json.contains("estimate_joules")) {
    Energy energy = Energy::estimate(json.at("assumed_watts").get<double>(), 0);
    energy.joules = json.at("estimate_joules").get<double>();
    return energy;
  }
  return Energy::unavailable(json.at("unavailable").get<std::string>());
}

Json carbon_json(const Energy& energy, double g_per_kwh) {
  if (!energy.known()) return {{"unavailable", energy.reason}};
  const char* key = energy.kind == Energy::Kind::kEstimate ? "estimate_grams" : "grams";
  return {{key, carbon_grams(energy.joules, g_per_kwh)}, {"g_per_kwh", g_per_kwh}};
}

}  // namespace coppice
