#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <unistd.h>

#include <fmt/format.h>

#include "measure/counters.h"

namespace coppice {

namespace fs = std::filesystem;

namespace {

/// Empty where the counter can be read, else the reason.
std::string cannot_read(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::strerror(errno);
  char digit = 0;
  const ssize_t got = ::read(file, &digit, 1);
  const std::string why = got < 0 ? std::strerror(errno) : got == 0 ? "it is empty" : "";
  ::close(file);
  return why;
}

/// "intel-rapl:0" is a package (AMD's have the same name); "intel-rapl:0:0" is a part of it and would count
/// twice.
bool is_package(const std::string& folder) {
  return folder.starts_with("intel-rapl:") && std::count(folder.begin(), folder.end(), ':') == 1;
}

}  // namespace

std::vector<EnergyCounter> rapl_counters(const fs::path& root) {
  std::vector<EnergyCounter> counters;
  const fs::path folder = root / "sys/class/powercap";
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (!is_package(entry.path().filename().string())) continue;
    EnergyCounter counter{"rapl", "", false, "", "", entry.path()};
    std::getline(std::ifstream(entry.path() / "name"), counter.name);
    if (counter.name == "psys") continue;  // the platform, packages included
    const std::string why = cannot_read(entry.path() / "energy_uj");
    counter.usable = why.empty();
    if (!counter.usable) {
      counter.why = fmt::format("{}: {}", (entry.path() / "energy_uj").string(), why);
      counter.remedy =
          fmt::format("as root: chmod a+r {}/intel-rapl:*/energy_uj (until the next boot)", folder.string());
    }
    counters.push_back(std::move(counter));
  }
  std::sort(counters.begin(), counters.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  if (counters.empty()) {
    counters.push_back({"rapl", "", false, fmt::format("no package counter in {}", folder.string()),
                        "virtual machines and containers have none; on real hardware load the kernel module "
                        "intel_rapl_common (AMD too), or measure elsewhere"});
  }
  return counters;
}

}  // namespace coppice
