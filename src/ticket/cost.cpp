#include "ticket/cost.h"

#include <utility>

#include <fmt/format.h>

#include "measure/clock.h"
#include "measure/energy.h"

namespace coppice {

Cost::Cost(const std::string& device, std::filesystem::path counters) : meter_(std::move(counters)) {
  if (device != "cpu") why_not_ = fmt::format("prune reads no energy counter of {}", device);
}

void Cost::add(const nlohmann::ordered_json& saved) {
  earlier_time_s_ = saved.at("time_s").get<double>();
  earlier_cpu_s_ = saved.at("busy_s").get<double>();
  earlier_energy_ = {saved.contains("energy") ? energy_from_json(saved.at("energy"))
                                              : Energy::unavailable("an earlier version began the level")};
}

void Cost::start() {
  started_wall_ = steady_seconds();
  started_cpu_ = process_cpu_seconds();
  if (why_not_.empty()) meter_.start();
}

void Cost::sample() {
  if (why_not_.empty()) meter_.sample();
}

double Cost::time_s() const { return earlier_time_s_ + steady_seconds() - started_wall_; }
double Cost::cpu_s() const { return earlier_cpu_s_ + process_cpu_seconds() - started_cpu_; }

Energy Cost::counted() {
  std::vector<Energy> parts = earlier_energy_;
  parts.push_back(why_not_.empty() ? meter_.energy() : Energy::unavailable(why_not_));
  return total_energy(parts);
}

Energy Cost::energy(double assumed_watts) {
  constexpr double kReliableSeconds = 2;
  Energy energy = counted();
  if (!energy.known()) return assumed_watts > 0 ? Energy::estimate(assumed_watts, time_s()) : energy;
  energy.reliable = time_s() >= kReliableSeconds;  // not each session by itself
  return energy;
}

nlohmann::ordered_json Cost::to_json() {
  return {{"time_s", time_s()}, {"busy_s", cpu_s()}, {"energy", coppice::to_json(counted())}};
}

Expense cost_of(const std::vector<LevelRecord>& records) {
  Expense cost;
  std::vector<Energy> energy;
  for (const LevelRecord& record : records) {
    cost.steps += record.steps;
    cost.time_s += record.time_s;
    energy.push_back(record.energy);
  }
  cost.energy = total_energy(energy);
  return cost;
}

}  // namespace coppice
