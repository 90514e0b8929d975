#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace coppice {

/// An energy counter of this machine, or why there is none.
struct EnergyCounter {
  std::string source;  ///< "rapl" (the processor's package) or "nvml" (an NVIDIA GPU).
  std::string name;    ///< Of the domain or device, where there is one.
  bool usable = false;
  std::string why;                    ///< Where it is not usable.
  std::string remedy;                 ///< What to do about that.
  std::filesystem::path folder = {};  ///< Of a RAPL domain.
};

/// RAPL domains of packages (not their parts, and not the whole platform, which would count them twice) below
/// <root>/sys/class/powercap: one entry for each, or one that says why there is none.
std::vector<EnergyCounter> rapl_counters(const std::filesystem::path& root = "/");

/// GPUs whose total energy NVML reads (Volta and newer): one entry for each, or one that says why there is
/// none. The library is opened at run time, and closed again.
std::vector<EnergyCounter> nvml_counters();

}  // namespace coppice
