#pragma once
#include <string>

namespace coppice {

/// What the machine can do at most, measured: the limits that are printed beside every time.
struct Calibration {
  std::string isa;  ///< Level of the kernels: "v4".
  int threads = 1;
  double core_gflops = 0;  ///< Peak of one thread, fp32 multiply-adds counted as two operations.
  double peak_gflops = 0;  ///< Of all `threads` together.
};

/// Takes about 0.3 s. The fastest of many short bursts counts: a peak is a limit, and other work on the
/// machine only hides it.
Calibration calibrate(int threads);

}  // namespace coppice
