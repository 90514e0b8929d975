#include "measure/nvml.h"

#include <dlfcn.h>

#include <fmt/format.h>

namespace coppice {

namespace {

using Status = int;  // 0: success
using Handle = void*;

struct Reason {
  std::uint64_t bit;
  const char* name;
  bool slowdown;
};
// NVML's clocks event (formerly throttle) reasons.
constexpr Reason kReasons[] = {
    {0x001, "idle", false},
    {0x002, "clocks set by an application", false},
    {0x004, "software power cap", true},
    {0x008, "hardware slowdown", true},
    {0x010, "clocks tied to other GPUs", false},
    {0x020, "software thermal slowdown", true},
    {0x040, "hardware thermal slowdown", true},
    {0x080, "power brake", true},
    {0x100, "clocks set by the display", false},
};

std::vector<std::string> names_of(std::uint64_t reasons, bool slowdowns_alone) {
  std::vector<std::string> names;
  for (const Reason& reason : kReasons) {
    if ((reasons & reason.bit) && (reason.slowdown || !slowdowns_alone)) names.emplace_back(reason.name);
    reasons &= ~reason.bit;
  }
  if (reasons) names.push_back(fmt::format("reason {:#x}", reasons));
  return names;
}

}  // namespace

struct Nvml::Library {
  void* library = ::dlopen("libnvidia-ml.so.1", RTLD_NOW);
  bool started = false;
  Status (*init)() = find<Status()>("nvmlInit_v2");
  Status (*shutdown)() = find<Status()>("nvmlShutdown");
  const char* (*text)(Status) = find<const char*(Status)>("nvmlErrorString");
  Status (*driver)(char*, unsigned) = find<Status(char*, unsigned)>("nvmlSystemGetDriverVersion");
  Status (*count)(unsigned*) = find<Status(unsigned*)>("nvmlDeviceGetCount_v2");
  Status (*by_index)(unsigned, Handle*) = find<Status(unsigned, Handle*)>("nvmlDeviceGetHandleByIndex_v2");
  Status (*by_bus)(const char*,
                   Handle*) = find<Status(const char*, Handle*)>("nvmlDeviceGetHandleByPciBusId_v2");
  Status (*name)(Handle, char*, unsigned) = find<Status(Handle, char*, unsigned)>("nvmlDeviceGetName");
  Status (*energy)(Handle, unsigned long long*) =
      find<Status(Handle, unsigned long long*)>("nvmlDeviceGetTotalEnergyConsumption");
  Status (*clock)(Handle, int, unsigned*) = find<Status(Handle, int, unsigned*)>("nvmlDeviceGetClockInfo");
  Status (*temperature)(Handle, int,
                        unsigned*) = find<Status(Handle, int, unsigned*)>("nvmlDeviceGetTemperature");
  Status (*power)(Handle, unsigned*) = find<Status(Handle, unsigned*)>("nvmlDeviceGetPowerUsage");
  Status (*reasons)(Handle, unsigned long long*) = find_reasons();

  Library() = default;
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  ~Library() {
    if (started) shutdown();
    if (library) ::dlclose(library);
  }

  template <class F>
  F* find(const char* function) const {
    return library ? reinterpret_cast<F*>(::dlsym(library, function)) : nullptr;
  }
  /// Drivers from 535 on have the new name.
  Status (*find_reasons() const)(Handle, unsigned long long*) {
    using F = Status(Handle, unsigned long long*);
    F* function = find<F>("nvmlDeviceGetCurrentClocksEventReasons");
    return function ? function : find<F>("nvmlDeviceGetCurrentClocksThrottleReasons");
  }
  bool complete() const {
    return init && shutdown && text && driver && count && by_index && by_bus && name && energy && clock &&
           temperature && power && reasons;
  }
};

Nvml::Nvml() {
  const auto library = std::make_shared<Library>();
  library_ = library;
  if (!library->library) {
    unavailable_ = "no libnvidia-ml.so.1 here (no NVIDIA driver)";
  } else if (!library->complete()) {
    unavailable_ = "libnvidia-ml.so.1 is too old";
  } else if (const Status status = library->init(); status != 0) {
    unavailable_ = fmt::format("NVML does not start: {}", library->text(status));
  } else {
    library->started = true;
  }
}

std::string Nvml::driver_version() const {
  char text[96] = "";
  if (!unavailable_.empty() || library_->driver(text, sizeof text) != 0) return "";
  return text;
}

std::vector<Nvml::Gpu> Nvml::gpus() const {
  std::vector<Gpu> gpus;
  unsigned count = 0;
  if (!unavailable_.empty() || library_->count(&count) != 0) return gpus;
  for (unsigned i = 0; i < count; ++i) {
    Handle handle = nullptr;
    char name[96] = "";
    unsigned long long millijoules = 0;
    Status status = library_->by_index(i, &handle);
    if (status == 0) library_->name(handle, name, sizeof name);
    if (status == 0) status = library_->energy(handle, &millijoules);
    gpus.push_back({name, status == 0 ? "" : library_->text(status)});
  }
  return gpus;
}

GpuState Nvml::state(const std::string& pci_bus_id) const {
  GpuState state;
  state.unavailable = unavailable_;
  if (!unavailable_.empty()) return state;
  Handle gpu = nullptr;
  if (const Status status = library_->by_bus(pci_bus_id.c_str(), &gpu); status != 0) {
    state.unavailable = fmt::format("NVML knows no GPU at '{}': {}", pci_bus_id, library_->text(status));
    return state;
  }
  constexpr int kSmClock = 1, kMemoryClock = 2, kGpuSensor = 0;
  unsigned value = 0;
  if (library_->clock(gpu, kSmClock, &value) == 0) state.sm_clock_mhz = value;
  if (library_->clock(gpu, kMemoryClock, &value) == 0) state.memory_clock_mhz = value;
  if (library_->temperature(gpu, kGpuSensor, &value) == 0) state.temperature_c = value;
  if (library_->power(gpu, &value) == 0) state.power_w = 1e-3 * value;
  unsigned long long reasons = 0;
  if (library_->reasons(gpu, &reasons) == 0) state.throttle_reasons = reasons;
  return state;
}

std::vector<std::string> throttle_names(std::uint64_t reasons) { return names_of(reasons, false); }
std::vector<std::string> slowdowns(std::uint64_t reasons) { return names_of(reasons, true); }

}  // namespace coppice
