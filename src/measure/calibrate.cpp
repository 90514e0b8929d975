#include "measure/calibrate.h"

#include <algorithm>
#include <chrono>
#include <omp.h>

#include "kernels/cpu/peak/peak.h"

namespace coppice {

static double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Operations per second of one burst on all threads, which begin and end together.
static double burst(int threads, std::int64_t rounds) {
  double operations = 0, begin = 0;
#pragma omp parallel num_threads(threads) reduction(+ : operations)
  {
#pragma omp barrier
#pragma omp single
    begin = steady_seconds();
    operations += kernels::peak_burst(rounds);
  }
  return operations / (steady_seconds() - begin);
}

static double best_gflops(int threads, double seconds) {
  std::int64_t rounds = 1000;  // doubled until a burst lasts long enough for the clock
  double best = 0;
  for (const double end = steady_seconds() + seconds; steady_seconds() < end;) {
    const double start = steady_seconds();
    best = std::max(best, burst(threads, rounds));
    if (steady_seconds() - start < 0.001) rounds *= 2;
  }
  return best / 1e9;
}

Calibration calibrate(int threads) {
  Calibration calibration;
  calibration.isa = kernels::isa_name(kernels::isa());
  calibration.threads = threads;
  calibration.core_gflops = best_gflops(1, 0.15);
  calibration.peak_gflops = threads == 1 ? calibration.core_gflops : best_gflops(threads, 0.15);
  return calibration;
}

}  // namespace coppice
