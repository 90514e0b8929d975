#pragma once
#include "coppice/energy.h"
#include "coppice/ticket.h"

#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "measure/energy_meter.h"

namespace coppice {

/// What a level's training costs: wall time, processor time and energy, which add up over interruptions.
class Cost {
 public:
  /// `counters`: where /sys is looked for. On another device than the CPU its counters would leave out the
  /// greater part, and none are read.
  Cost(const std::string& device, std::filesystem::path counters);

  /// Goes on from what an interrupted session saved.
  void add(const nlohmann::ordered_json& saved);
  void start();
  void sample();  ///< Now and then: see EnergyMeter.

  double time_s() const;
  double cpu_s() const;
  /// Counted; else, where watts above 0 are assumed, an estimate over all the time; else the reason.
  Energy energy(double assumed_watts);
  nlohmann::ordered_json to_json();

 private:
  Energy counted();

  std::string why_not_;
  EnergyMeter meter_;
  double earlier_time_s_ = 0, earlier_cpu_s_ = 0;  ///< Of earlier sessions.
  std::vector<Energy> earlier_energy_;             ///< None in the first session.
  double started_wall_ = 0, started_cpu_ = 0;
};

/// What the records took together.
Expense cost_of(const std::vector<LevelRecord>& records);

}  // namespace coppice
