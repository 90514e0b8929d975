#include "measure/measure_energy.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "measure/clock.h"
#include "measure/energy_meter.h"

namespace coppice {

namespace {

class Measuring {
 public:
  Measuring(const std::function<void()>& work, const EnergyOptions& options)
      : work_(work),
        options_(options),
        clock_(options.clock ? options.clock : steady_seconds),
        cpu_clock_(options.cpu_clock ? options.cpu_clock : process_cpu_seconds),
        meter_(options.root, clock_) {}

  EnergyMeasurement run() {
    const double idle_watts = options_.idle_seconds > 0 ? idle_power() : 0;
    begin_at_step();
    if (!meter_.trouble().empty() && options_.assume_watts <= 0) return without_counter();
    repeat();
    const Energy counted = end_at_step();
    if (!counted.known()) return without_counter();
    result_.watts = counted.joules / meter_.seconds();
    // The window ends a step after the work: its power holds for both.
    const double call_s = result_.wall_s / static_cast<double>(result_.calls);
    result_.per_call = counted;
    result_.per_call.joules = result_.watts * call_s;
    if (idle_watts > 0) {
      result_.idle_watts = idle_watts;
      result_.per_call.net_joules = std::max(0.0, result_.watts - idle_watts) * call_s;
    }
    return result_;
  }

 private:
  void begin_at_step() {
    meter_.start();
    meter_.wait_for_step();
    if (meter_.trouble().empty()) meter_.start();
  }

  Energy end_at_step() {
    meter_.wait_for_step();
    return meter_.energy();
  }

  double idle_power() {
    begin_at_step();
    if (!meter_.trouble().empty()) return 0;
    if (options_.sleep)
      options_.sleep(options_.idle_seconds);
    else
      std::this_thread::sleep_for(std::chrono::duration<double>(options_.idle_seconds));
    const Energy idle = end_at_step();
    return idle.known() ? idle.joules / meter_.seconds() : 0;
  }

  void repeat() {
    // In batches, so that reading clock and counters takes no part of short work.
    constexpr double kBatch = 0.01;
    const double cpu_before = cpu_clock_(), start = clock_();
    for (std::int64_t batch = 1; result_.wall_s < options_.seconds;) {
      for (std::int64_t i = 0; i < batch; ++i) work_();
      result_.calls += batch;
      meter_.sample();
      if (options_.between) options_.between();
      const double before = std::exchange(result_.wall_s, clock_() - start);
      if (result_.wall_s - before < kBatch) batch *= 2;
    }
    result_.busy = busy_fraction(cpu_clock_() - cpu_before, result_.wall_s, options_.cores);
  }

  EnergyMeasurement without_counter() {
    const std::string why = meter_.trouble().empty() ? meter_.energy().reason : meter_.trouble();
    result_.per_call = Energy::unavailable(why);
    if (options_.assume_watts > 0 && result_.calls > 0) {
      result_.watts = options_.assume_watts;
      result_.per_call =
          Energy::estimate(options_.assume_watts, result_.wall_s / static_cast<double>(result_.calls));
    }
    return result_;
  }

  const std::function<void()>& work_;
  const EnergyOptions& options_;
  const std::function<double()> clock_, cpu_clock_;
  EnergyMeter meter_;
  EnergyMeasurement result_;
};

}  // namespace

EnergyMeasurement measure_energy(const std::function<void()>& work, const EnergyOptions& options) {
  return Measuring(work, options).run();
}

}  // namespace coppice
