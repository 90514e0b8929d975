#include "measure/calibrate.h"

#include <algorithm>
#include <chrono>

#include "kernels/cpu/peak/peak.h"

namespace coppice {

static double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// The calling thread's best over many bursts, each long for the clock and short beside a time slice, so that
// some run undisturbed however busy the machine is.
static double best_gflops(double seconds) {
  constexpr double kBurst = 3e-4;
  std::int64_t rounds = 1000;
  double best = 0;
  for (const double end = steady_seconds() + seconds; steady_seconds() < end;) {
    const double start = steady_seconds();
    const double operations = kernels::peak_burst(rounds);
    const double took = steady_seconds() - start;
    best = std::max(best, operations / took);
    if (took < kBurst) rounds *= 2;
  }
  return best / 1e9;
}

Calibration calibrate(int threads) {
  constexpr double kSeconds = 0.15;
  Calibration calibration;
  calibration.isa = kernels::isa_name(kernels::isa());
  calibration.threads = threads;
  calibration.core_gflops = best_gflops(kSeconds);
  if (threads == 1) {
    calibration.peak_gflops = calibration.core_gflops;
    return calibration;
  }
  // All at once, since cores slow down together; each by its own clock, since they may have to take turns.
  double sum = 0;
#pragma omp parallel num_threads(threads) reduction(+ : sum)
  sum += best_gflops(kSeconds);
  calibration.peak_gflops = sum;
  return calibration;
}

}  // namespace coppice
