#pragma once
#include "coppice/energy.h"

#include <cstdint>
#include <filesystem>
#include <functional>

namespace coppice {

struct EnergyOptions {
  double seconds = 2;       ///< The work is repeated for at least this long.
  double idle_seconds = 2;  ///< Idle power is measured over this long before; 0: no net energy.
  double assume_watts = 0;  ///< Above 0: an estimate where no counter is usable.
  int cores = 1;            ///< That the work may use, for `busy`.
  std::filesystem::path root = "/";
  /// Empty: the steady clock, the process's time and a real sleep. Tests put their own here.
  std::function<double()> clock, cpu_clock;
  std::function<void(double seconds)> sleep;
  std::function<void()> between;  ///< Called now and then; may throw to stop.
};

/// What one call of some work takes.
struct EnergyMeasurement {
  Energy per_call;        ///< Gross, and net of idle power where that was measured.
  double watts = 0;       ///< While the work ran: measured or assumed.
  double idle_watts = 0;  ///< Before it; 0: not measured.
  std::int64_t calls = 0;
  double wall_s = 0;  ///< Of all calls.
  double busy = 0;    ///< See busy_fraction.
};

/// Runs the work again and again, from one step of the counters to another, and divides what they counted.
/// Where no counter is usable and no power is assumed, the work is not run.
EnergyMeasurement measure_energy(const std::function<void()>& work, const EnergyOptions& options = {});

}  // namespace coppice
