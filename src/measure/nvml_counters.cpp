#include "measure/counters.h"
#include "measure/nvml.h"

namespace coppice {

std::vector<EnergyCounter> nvml_counters() {
  constexpr const char* kInstallDriver = "install the NVIDIA driver, or measure on a machine with a GPU";
  const auto unusable = [](std::string name, std::string why, std::string remedy) {
    return EnergyCounter{"nvml", std::move(name), false, std::move(why), std::move(remedy)};
  };
  const Nvml nvml;
  if (!nvml.unavailable().empty()) return {unusable("", nvml.unavailable(), kInstallDriver)};
  std::vector<EnergyCounter> counters;
  for (const Nvml::Gpu& gpu : nvml.gpus()) {
    counters.push_back(gpu.no_energy.empty()
                           ? EnergyCounter{"nvml", gpu.name, true, "", ""}
                           : unusable(gpu.name, gpu.no_energy,
                                      "GPUs before Volta, and parts of a shared GPU, have no counter"));
  }
  if (counters.empty()) return {unusable("", "NVML knows no GPU", kInstallDriver)};
  return counters;
}

}  // namespace coppice
