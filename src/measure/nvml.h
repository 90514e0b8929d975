#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace coppice {

/// What NVML tells about a GPU at one moment; a field that the GPU does not have is empty.
struct GpuState {
  std::optional<double> sm_clock_mhz, memory_clock_mhz;
  std::optional<double> temperature_c;
  std::optional<double> power_w;
  std::optional<std::uint64_t> throttle_reasons;  ///< Bits that throttle_names() tells.
  std::string unavailable;                        ///< Why nothing is known; empty where something is.
};

/// NVIDIA's management library, opened at run time: it has no header on most machines and is missing on many.
/// It is closed with the last copy.
class Nvml {
 public:
  Nvml();
  const std::string& unavailable() const {
    return unavailable_;
  }                                    ///< Why it cannot be used; empty if it can.
  std::string driver_version() const;  ///< "580.65.06"; empty where not known.

  struct Gpu {
    std::string name;
    std::string no_energy;  ///< Why its energy cannot be read; empty where it can.
  };
  std::vector<Gpu> gpus() const;

  /// Of the GPU at this place on the bus ("0000:1B:00.0"): CUDA and NVML may number them differently.
  GpuState state(const std::string& pci_bus_id) const;

 private:
  struct Library;
  std::shared_ptr<const Library> library_;
  std::string unavailable_;
};

/// "software power cap", "hardware thermal slowdown", ...: what holds the clocks down, idleness and settings
/// among it; empty where they are free.
std::vector<std::string> throttle_names(std::uint64_t reasons);

/// The reasons that make a measurement doubtful: power, heat and slowdowns, not idleness or settings.
std::vector<std::string> slowdowns(std::uint64_t reasons);

}  // namespace coppice
