#include "measure/clock.h"

#include <algorithm>
#include <chrono>
#include <ctime>

namespace coppice {

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double process_cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

double busy_fraction(double cpu_s, double wall_s, int cores) {
  return cpu_s / (std::max(wall_s, 1e-9) * std::max(cores, 1));
}

}  // namespace coppice
