#include "base/machine.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <functional>
#include <sched.h>
#include <set>
#include <sstream>
#include <sys/utsname.h>
#include <thread>
#include <utility>

#include <nlohmann/json.hpp>

namespace coppice {

namespace fs = std::filesystem;

namespace {

/// Files below /proc and /sys have no size, and a missing one is an answer too.
std::string read_or_nothing(const fs::path& path) {
  std::ifstream file(path);
  std::ostringstream content;
  content << file.rdbuf();
  return std::move(content).str();
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\n\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n\r") - first + 1);
}

double number_at(std::string_view text, double otherwise = 0) {
  text = trimmed(text);
  double value = 0;
  return std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc() ? value : otherwise;
}

/// Calls with each line, less its end.
template <class F>
void each_line(std::string_view text, F&& use) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    use(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

double smaller_limit(double a, double b) {
  if (a <= 0 || b <= 0) return std::max({a, b, 0.0});
  return std::min(a, b);
}

/// The tightest limit of a group and the groups around it. In a container the path may name groups that are
/// mounted elsewhere: those folders are missing, and the mount's own root is looked at last.
double tightest(const fs::path& mount, const std::string& group,
                const std::function<double(const fs::path&)>& limit) {
  double found = 0;
  for (fs::path path = fs::path(group).relative_path(); !path.empty(); path = path.parent_path())
    found = smaller_limit(found, limit(mount / path));
  return smaller_limit(found, limit(mount));
}

double cpu_quota(const fs::path& root, const std::string& groups) {
  const fs::path mount = root / "sys/fs/cgroup";
  const double v2 = tightest(mount, cgroup_path(groups, ""), [](const fs::path& folder) {
    return parse_cpu_max(read_or_nothing(folder / "cpu.max"));
  });
  const double v1 = tightest(mount / "cpu", cgroup_path(groups, "cpu"), [](const fs::path& folder) {
    const double quota = number_at(read_or_nothing(folder / "cpu.cfs_quota_us"));
    const double period = number_at(read_or_nothing(folder / "cpu.cfs_period_us"));
    return quota > 0 && period > 0 ? quota / period : 0.0;
  });
  return smaller_limit(v1, v2);
}

double memory_limit(const fs::path& root, const std::string& groups, double machine) {
  const fs::path mount = root / "sys/fs/cgroup";
  const auto of = [](const char* file) {
    return [file](const fs::path& folder) { return number_at(read_or_nothing(folder / file)); };
  };
  const double limit =
      smaller_limit(tightest(mount, cgroup_path(groups, ""), of("memory.max")),
                    tightest(mount / "memory", cgroup_path(groups, "memory"), of("memory.limit_in_bytes")));
  return limit < machine ? limit : 0;  // v1 writes "no limit" as a huge number
}

std::vector<int> allowed_processors() {
  std::vector<int> allowed;
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return allowed;
  for (int i = 0; i < CPU_SETSIZE; ++i) {
    if (CPU_ISSET(i, &set)) allowed.push_back(i);
  }
  return allowed;
}

}  // namespace

CpuInfo parse_cpuinfo(std::string_view text) {
  CpuInfo info;
  each_line(text, [&](std::string_view line) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return;
    const std::string_view key = trimmed(line.substr(0, colon)), value = trimmed(line.substr(colon + 1));
    if (key == "processor") info.processors.push_back({static_cast<int>(number_at(value)), -1, -1});
    if (key == "model name" && info.model.empty()) info.model = value;
    if (info.processors.empty()) return;
    if (key == "physical id") info.processors.back().package = static_cast<int>(number_at(value, -1));
    if (key == "core id") info.processors.back().core = static_cast<int>(number_at(value, -1));
  });
  return info;
}

int count_cores(const CpuInfo& info, const std::vector<int>& allowed) {
  std::set<std::pair<int, int>> cores;
  int unknown = 0;
  for (const Processor& processor : info.processors) {
    if (std::find(allowed.begin(), allowed.end(), processor.number) == allowed.end()) continue;
    if (processor.core < 0)
      ++unknown;
    else
      cores.emplace(processor.package, processor.core);
  }
  return static_cast<int>(cores.size()) + unknown;
}

double parse_cpu_max(std::string_view text) {
  const auto space = text.find(' ');
  if (space == std::string_view::npos) return 0;
  const double quota = number_at(text.substr(0, space)), period = number_at(text.substr(space));
  return quota > 0 && period > 0 ? quota / period : 0;
}

std::string cgroup_path(std::string_view text, std::string_view controller) {
  std::string path;
  each_line(text, [&](std::string_view line) {  // "4:cpu,cpuacct:/group" or "0::/group"
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) return;
    const std::string names = "," + std::string(line.substr(first + 1, second - first - 1)) + ",";
    const std::string wanted = "," + std::string(controller) + ",";
    if (names.find(wanted) != std::string::npos) path = trimmed(line.substr(second + 1));
  });
  return path;
}

double parse_meminfo(std::string_view text, std::string_view field) {
  double bytes = 0;
  each_line(text, [&](std::string_view line) {
    if (line.starts_with(field) && line.substr(field.size()).starts_with(':'))
      bytes = 1024 * number_at(line.substr(field.size() + 1));
  });
  return bytes;
}

std::string parse_os_release(std::string_view text) {
  std::string name;
  each_line(text, [&](std::string_view line) {
    if (!line.starts_with("PRETTY_NAME=")) return;
    std::string_view value = trimmed(line.substr(line.find('=') + 1));
    if (value.size() >= 2 && (value[0] == '"' || value[0] == '\'') && value.back() == value[0])
      value = value.substr(1, value.size() - 2);
    name = value;
  });
  return name;
}

Machine this_machine(const fs::path& root) {
  Machine machine;
  utsname names{};
  uname(&names);
  machine.hostname = names.nodename;
  machine.kernel = std::string(names.sysname) + " " + names.release;
  machine.os = parse_os_release(read_or_nothing(root / "etc/os-release"));

  CpuInfo info = parse_cpuinfo(read_or_nothing(root / "proc/cpuinfo"));
  if (info.processors.empty()) {
    for (int i = 0; i < static_cast<int>(std::thread::hardware_concurrency()); ++i)
      info.processors.push_back({i, -1, -1});
  }
  machine.cpu = info.model.empty() ? names.machine : info.model;
  machine.logical_cores = static_cast<int>(info.processors.size());
  std::vector<int> all;
  for (const Processor& processor : info.processors) all.push_back(processor.number);
  machine.physical_cores = count_cores(info, all);

  const std::string groups = read_or_nothing(root / "proc/self/cgroup");
  machine.cpu_quota = cpu_quota(root, groups);
  const std::vector<int> allowed = allowed_processors();
  machine.usable_cores = std::max(1, count_cores(info, allowed.empty() ? all : allowed));
  if (machine.cpu_quota > 0)
    machine.usable_cores =
        std::clamp(static_cast<int>(std::ceil(machine.cpu_quota)), 1, machine.usable_cores);

  machine.memory_bytes = parse_meminfo(read_or_nothing(root / "proc/meminfo"), "MemTotal");
  machine.memory_limit_bytes = memory_limit(root, groups, machine.memory_bytes);
  return machine;
}

int usable_cores() { return this_machine().usable_cores; }

nlohmann::ordered_json to_json(const Machine& machine) {
  const auto bytes = [](double count) { return static_cast<std::int64_t>(count); };
  nlohmann::ordered_json json = {{"hostname", machine.hostname},
                                 {"os", machine.os},
                                 {"kernel", machine.kernel},
                                 {"cpu", machine.cpu},
                                 {"physical_cores", machine.physical_cores},
                                 {"logical_cores", machine.logical_cores},
                                 {"usable_cores", machine.usable_cores},
                                 {"cpu_quota", nullptr},
                                 {"memory_bytes", bytes(machine.memory_bytes)},
                                 {"memory_limit_bytes", nullptr}};
  if (machine.cpu_quota > 0) json["cpu_quota"] = machine.cpu_quota;
  if (machine.memory_limit_bytes > 0) json["memory_limit_bytes"] = bytes(machine.memory_limit_bytes);
  return json;
}

}  // namespace coppice
