#include "measure/calibrate.h"

#include <algorithm>
#include <ctime>

#include <fmt/format.h>

#include "kernels/cpu/bandwidth/bandwidth.h"
#include "kernels/cpu/clock/clock.h"
#include "kernels/cpu/peak/peak.h"
#include "measure/clock.h"

namespace coppice {

namespace {

double peak_operations(std::int64_t rounds) { return kernels::peak_burst(rounds); }
double fed_operations(std::int64_t rounds) { return kernels::fed_burst(rounds); }

/// The calling thread's best over many bursts, each long for the clock and short beside a time slice, so that
/// some run undisturbed however busy the machine is. Work a second.
double best_rate(double (*burst)(std::int64_t rounds), double seconds) {
  constexpr double kBurst = 3e-4;
  std::int64_t rounds = 1000;
  double best = 0;
  for (const double end = steady_seconds() + seconds; steady_seconds() < end;) {
    const double start = steady_seconds();
    const double work = burst(rounds);
    const double took = std::max(steady_seconds() - start, 1e-9);
    best = std::max(best, work / took);
    if (took < kBurst) rounds *= 2;
  }
  return best;
}

/// All threads at once, since cores slow down together; each by its own clock, since they may have to take
/// turns.
double best_rate_of_all(double (*burst)(std::int64_t rounds), double seconds, int threads) {
  double sum = 0;
#pragma omp parallel num_threads(threads) reduction(+ : sum)
  sum += best_rate(burst, seconds);
  return sum;
}

std::vector<std::string> remarks_on(const Caches& caches, const std::vector<MemoryLevel>& memory) {
  std::vector<std::string> remarks;
  if (caches.assumed) remarks.push_back("the machine does not say how large its caches are: sizes assumed");
  for (const MemoryLevel& level : memory) {
    if (!level.separated)
      remarks.push_back(fmt::format("{} could not be separated from the level before it", level.name));
  }
  return remarks;
}

}  // namespace

Calibration calibrate(int threads) {
  constexpr double kSeconds = 0.15;
  constexpr std::int64_t kMostBytes = std::int64_t{256} << 20;
  Calibration calibration;
  calibration.taken_at = static_cast<std::int64_t>(std::time(nullptr));
  calibration.isa = kernels::isa_name(kernels::isa());
  calibration.threads = threads;
  calibration.core_gflops = best_rate(peak_operations, kSeconds) / 1e9;
  calibration.peak_gflops =
      threads == 1 ? calibration.core_gflops : best_rate_of_all(peak_operations, kSeconds, threads) / 1e9;
  calibration.fed_gflops = best_rate_of_all(fed_operations, kSeconds, threads) / 1e9;
  calibration.clock_ghz = best_rate_of_all(kernels::chain_burst, kSeconds, threads) / threads / 1e9;
  const Caches caches = data_caches();
  const bool can_flush = kernels::flush_from_caches(&calibration, 1);
  calibration.memory =
      measure_bandwidth(plan_buffers(caches.levels, threads, kMostBytes, can_flush), threads);
  calibration.remarks = remarks_on(caches, calibration.memory);
  return calibration;
}

std::string to_text(const Calibration& calibration) {
  std::string reads;
  for (const MemoryLevel& level : calibration.memory)
    reads += fmt::format("{}{} {:.0f}{}", reads.empty() ? "" : ", ", level.name, level.gb_s,
                         level.separated ? "" : "?");
  std::string text =
      fmt::format("{} thread{} at {:.2f} GHz, {} kernels: {:.0f} GFLOP/s ({:.0f} fed from L1), reads {} GB/s",
                  calibration.threads, calibration.threads == 1 ? "" : "s", calibration.clock_ghz,
                  calibration.isa, calibration.peak_gflops, calibration.fed_gflops, reads);
  for (const std::string& remark : calibration.remarks) text += fmt::format(" ({})", remark);
  return text;
}

}  // namespace coppice
