// NVML has no header on most machines and no library on many: the few functions used are declared here and
// the library is opened at run time.
#include <dlfcn.h>
#include <memory>

#include <fmt/format.h>

#include "measure/counters.h"

namespace coppice {

namespace {

using Status = int;  // 0: success
using Handle = void*;

constexpr const char* kInstallDriver = "install the NVIDIA driver, or measure on a machine with a GPU";

EnergyCounter unusable(std::string name, std::string why, std::string remedy) {
  return {"nvml", std::move(name), false, std::move(why), std::move(remedy)};
}

struct Nvml {
  std::unique_ptr<void, int (*)(void*)> library{::dlopen("libnvidia-ml.so.1", RTLD_NOW),
                                                [](void* handle) { return handle ? ::dlclose(handle) : 0; }};
  template <class F>
  F* function(const char* name) const {
    return reinterpret_cast<F*>(::dlsym(library.get(), name));
  }
};

}  // namespace

std::vector<EnergyCounter> nvml_counters() {
  const Nvml nvml;
  if (!nvml.library) return {unusable("", "no libnvidia-ml.so.1 here (no NVIDIA driver)", kInstallDriver)};
  const auto init = nvml.function<Status()>("nvmlInit_v2");
  const auto shutdown = nvml.function<Status()>("nvmlShutdown");
  const auto text = nvml.function<const char*(Status)>("nvmlErrorString");
  const auto count_devices = nvml.function<Status(unsigned*)>("nvmlDeviceGetCount_v2");
  const auto device = nvml.function<Status(unsigned, Handle*)>("nvmlDeviceGetHandleByIndex_v2");
  const auto name_of = nvml.function<Status(Handle, char*, unsigned)>("nvmlDeviceGetName");
  const auto energy =
      nvml.function<Status(Handle, unsigned long long*)>("nvmlDeviceGetTotalEnergyConsumption");
  if (!init || !shutdown || !text || !count_devices || !device || !name_of || !energy)
    return {unusable("", "libnvidia-ml.so.1 is too old", "install a newer NVIDIA driver")};

  if (const Status status = init(); status != 0)
    return {unusable("", fmt::format("NVML does not start: {}", text(status)), kInstallDriver)};
  std::vector<EnergyCounter> counters;
  unsigned count = 0;
  if (count_devices(&count) != 0) count = 0;
  for (unsigned i = 0; i < count; ++i) {
    Handle handle = nullptr;
    char name[96] = "";
    unsigned long long millijoules = 0;
    Status status = device(i, &handle);
    if (status == 0) name_of(handle, name, sizeof name);
    if (status == 0) status = energy(handle, &millijoules);
    if (status == 0)
      counters.push_back({"nvml", name, true, "", ""});
    else
      counters.push_back(
          unusable(name, text(status), "GPUs before Volta, and parts of a shared GPU, have no counter"));
  }
  shutdown();
  if (counters.empty()) return {unusable("", "NVML knows no GPU", kInstallDriver)};
  return counters;
}

}  // namespace coppice
