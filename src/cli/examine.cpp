#include "cli/examine.h"

#include "coppice/data.h"

#include <cstdint>
#include <filesystem>
#include <unistd.h>

#include <CLI/Version.hpp>
#include <fmt/format.h>
#include <zlib.h>

#include "base/machine.h"
#include "base/text.h"
#include "base/version.h"
#include "kernels/cpu/isa.h"
#include "measure/counters.h"
#include "train/libtorch/cuda.h"
#include "train/libtorch/version.h"
#if defined(COPPICE_HAS_CUDA)
#include "kernels/cuda/devices.h"
#include "kernels/cuda/libraries/libraries.h"
#endif

namespace coppice {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

/// Collects facts for people and their JSON for scripts side by side.
class Examiner {
 public:
  Examination result;

  void processor() {
    const Machine machine = this_machine();
    std::string cores = fmt::format("{} cores", machine.physical_cores);
    if (machine.logical_cores != machine.physical_cores)
      cores += fmt::format(" ({} threads)", machine.logical_cores);
    if (machine.usable_cores != machine.physical_cores)
      cores += fmt::format(", {} for this process", machine.usable_cores);
    if (machine.cpu_quota > 0) cores += fmt::format(", CPU time limited to {:.3g} cores", machine.cpu_quota);
    const char* isa = kernels::isa_name(kernels::isa());
    found("machine", fmt::format("{}, {}, {}", machine.hostname, machine.os, machine.kernel));
    found("processor", fmt::format("{}: {}", machine.cpu, cores));
    found("instructions", fmt::format("x86-64-{} kernels", isa));
    std::string memory = bytes_text(machine.memory_bytes);
    if (machine.memory_limit_bytes > 0)
      memory += fmt::format(", {} for this process", bytes_text(machine.memory_limit_bytes));
    found("memory", memory);
    result.json["machine"] = to_json(machine);
    result.json["machine"]["isa"] = isa;
  }

  void gpus() {
    const CudaState torch = open_cuda();
    Json& json = result.json["gpu"] = {
        {"training_devices", torch.devices}, {"kernels", false}, {"devices", Json::array()}};
    if (torch.devices > 0)
      found("GPU training", fmt::format("{} GPU{}", torch.devices, torch.devices == 1 ? "" : "s"));
    else
      missing("GPU training", torch.why, "everything runs on the CPU too; --device cpu says so on purpose");
    if (torch.devices == 0) json["why"] = torch.why;
#if defined(COPPICE_HAS_CUDA)
    std::string why;
    const auto devices = kernels::cuda_devices(&why);
    json["kernels"] = true;
    for (const auto& device : devices) {
      found("GPU kernels", fmt::format("{}, compute capability {}.{}, {}", device.name, device.major,
                                       device.minor, bytes_text(device.memory_bytes)));
      json["devices"].push_back({{"name", device.name},
                                 {"compute_capability", fmt::format("{}.{}", device.major, device.minor)},
                                 {"memory_bytes", static_cast<std::int64_t>(device.memory_bytes)}});
    }
    if (devices.empty() && torch.devices == 0)
      missing("GPU kernels", "built in; no GPU to run them on", "");
    else if (devices.empty())
      missing("GPU kernels", fmt::format("built in, but idle: {}", why), "update the NVIDIA driver");
    gpu_libraries(json["libraries"] = Json::array());
#else
    missing("GPU kernels", "the program was built without them",
            "install the CUDA toolkit (nvcc) and build the release preset again, if there is a GPU");
#endif
  }

  void libraries() {
    const Json versions = {
        {"coppice", kVersion},
        {"git_commit", kGitCommit},
        {"libtorch", torch_version()},
        {"zlib", zlibVersion()},
        {"toml++", kTomlVersion},
        {"cli11", CLI11_VERSION},
        {"nlohmann_json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                                      NLOHMANN_JSON_VERSION_PATCH)},
        {"compiler", compiler()}};
    std::vector<std::string> words;
    for (const auto& [name, version] : versions.items())
      words.push_back(name + " " + version.get<std::string>());
    found("versions", join(words, ", "));
    result.json["libraries"] = versions;
  }

  void energy() {
    Json& json = result.json["energy"] = Json::array();
    for (const auto& counters : {rapl_counters(), nvml_counters()}) {
      for (const EnergyCounter& counter : counters) {
        const std::string about = counter.source == "rapl" ? "CPU energy" : "GPU energy";
        const std::string named = counter.name.empty() ? "" : counter.name + ": ";
        if (counter.usable)
          found(about, fmt::format("{}{} counter", named, counter.source));
        else
          missing(about, fmt::format("{}not measurable here: {}", named, counter.why), counter.remedy);
        json.push_back({{"source", counter.source}, {"name", counter.name}, {"usable", counter.usable}});
        if (!counter.usable) json.back().update({{"why", counter.why}, {"remedy", counter.remedy}});
      }
    }
  }

  void data() {
    Json& json = result.json["data"] = Json::array();
    for (const DatasetPlace& place : find_datasets()) {
      if (place.folder.empty())
        missing(place.dataset, "not found", place.remedy);
      else
        found(place.dataset, place.folder);
      json.push_back({{"dataset", place.dataset}, {"folder", nullptr}});
      if (place.folder.empty())
        json.back()["remedy"] = place.remedy;
      else
        json.back()["folder"] = place.folder;
    }
  }

  /// Writes nothing: the folder, or the nearest one above it that exists, must let this process create files.
  void runs(const std::string& folder) {
    std::error_code error;
    fs::path nearest = fs::absolute(folder, error);
    while (!fs::exists(nearest, error) && nearest.has_parent_path() && nearest != nearest.parent_path())
      nearest = nearest.parent_path();
    std::string why;
    if (!fs::is_directory(nearest, error))
      why = fmt::format("{} is a file", nearest.string());
    else if (::access(nearest.c_str(), W_OK | X_OK) != 0)
      why = fmt::format("{} is not writable", nearest.string());
    const fs::space_info space = fs::space(nearest, error);
    const double free = error ? 0 : static_cast<double>(space.available);
    if (why.empty())
      found("runs", fmt::format("{}, {} free", folder, bytes_text(free)));
    else
      missing("runs", why, "name another folder with --runs");
    result.json["runs"] = {
        {"folder", folder}, {"writable", why.empty()}, {"free_bytes", static_cast<std::int64_t>(free)}};
    if (!why.empty()) result.json["runs"]["why"] = why;
  }

 private:
#if defined(COPPICE_HAS_CUDA)
  /// What GPU kernels are compared with, and dense layers may run on.
  void gpu_libraries(Json& json) {
    std::vector<std::string> usable;
    for (const kernels::CudaLibrary& library : kernels::cuda_libraries()) {
      json.push_back(
          {{"name", library.name}, {"version", library.version}, {"usable", library.problem.empty()}});
      if (library.problem.empty()) {
        usable.push_back(library.name + " " + library.version);
        json.back()["path"] = library.path;
      } else {
        missing("GPU libraries", fmt::format("no {}: {}", library.name, library.problem),
                "GPU kernels run without it, and are not compared with it");
        json.back()["why"] = library.problem;
      }
    }
    if (!usable.empty()) found("GPU libraries", join(usable, ", "));
  }
#endif

  void found(const std::string& about, const std::string& what) {
    result.facts.push_back({about, true, what, ""});
  }
  void missing(const std::string& about, const std::string& why, const std::string& remedy) {
    result.facts.push_back({about, false, why, remedy});
  }

  static std::string compiler() {
#if defined(__clang__)
    return "clang " __clang_version__;
#else
    return "gcc " __VERSION__;
#endif
  }
};

}  // namespace

Examination examine(const std::string& runs) {
  Examiner examiner;
  examiner.processor();
  examiner.gpus();
  examiner.libraries();
  examiner.energy();
  examiner.data();
  examiner.runs(runs);
  return std::move(examiner.result);
}

}  // namespace coppice
