#pragma once
#include <optional>
#include <string>
#include <vector>

namespace coppice {

/// The energy that some work took: read from a counter, estimated from a power that somebody assumed, or not
/// known and why. Unknown is never 0.
struct Energy {
  enum class Kind { kUnavailable, kEstimate, kMeasured } kind = Kind::kUnavailable;
  double joules = 0;                 ///< Measured or estimated; all that the counted parts drew, idle or not.
  std::optional<double> net_joules;  ///< Less what they draw idle, where that was measured.
  std::string source;                ///< Measured: "rapl" (the processor's packages) or "nvml" (a GPU).
  bool reliable = true;              ///< Measured: over at least 2 s, which the counters need.
  double assumed_watts = 0;          ///< Estimated: joules / this = seconds.
  std::string reason = "it was not measured";  ///< Unavailable: why.

  static Energy measured(double joules, std::string source);
  static Energy estimate(double watts, double seconds);
  static Energy unavailable(std::string reason);
  bool known() const { return kind != Kind::kUnavailable; }
  bool operator==(const Energy&) const = default;
};

/// The energy of several pieces of work together: known only where that of every piece is, and in the same
/// way. Estimates at different powers give their mean power over time.
Energy total_energy(const std::vector<Energy>& parts);

/// "812 J (rapl)", "ESTIMATE 812 J (65 W assumed)" or "not measurable here (reason)".
std::string energy_text(const Energy& energy);

/// Grams of CO2 equivalent at so many grams a kilowatt-hour.
double carbon_grams(double joules, double g_per_kwh);

/// "0.11 g CO2e", or with ESTIMATE before it where the energy is one; empty where the energy is not known or
/// no intensity was named.
std::string carbon_text(const Energy& energy, double g_per_kwh);

}  // namespace coppice
