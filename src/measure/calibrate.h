#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "measure/bandwidth.h"

namespace coppice {

/// What the machine can do at most, measured: the limits that are printed beside every time.
struct Calibration {
  std::string isa;  ///< Level of the kernels: "v4".
  int threads = 1;
  double clock_ghz = 0;              ///< Of each core while all `threads` work.
  double core_gflops = 0;            ///< Peak of one thread, fp32 multiply-adds counted as two operations.
  double peak_gflops = 0;            ///< Of all `threads` together.
  double fed_gflops = 0;             ///< The same where each multiply-add reads an operand from L1.
  std::vector<MemoryLevel> memory;   ///< The fastest first, DRAM last.
  std::vector<std::string> remarks;  ///< What could not be measured as it should be.
  std::int64_t taken_at = 0;         ///< Seconds since 1970: the peak of a shared machine varies.
};

/// Measures now, in about 1.5 s. The fastest of many short bursts counts: a peak is a limit, and other work
/// on the machine only hides it. Throws Failure where there is no memory for the buffers (256 MB).
Calibration calibrate(int threads);

/// {"isa", "threads", "clock_ghz", "core_gflops", "peak_gflops", "fed_gflops", "bandwidth_gb_s": {"L1": ...,
/// "DRAM": ...}, "capacity_bytes": {...}, "not_separated": [...], "remarks": [...], "taken_at":
/// "2026-01-31T12:00:00Z"}
nlohmann::ordered_json to_json(const Calibration& calibration);
/// Throws BadInput where something is missing, of a wrong type or no positive number.
Calibration calibration_from_json(const nlohmann::ordered_json& json);

/// "4 threads at 2.90 GHz, v4 kernels: 623 GFLOP/s, reads L1 1404, L2 512, L3 118, DRAM 43 GB/s", and the
/// remarks.
std::string to_text(const Calibration& calibration);

}  // namespace coppice
