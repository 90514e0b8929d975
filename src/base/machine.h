#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace coppice {

/// What a measurement was taken on, and what limits this process here.
struct Machine {
  std::string hostname, os, kernel, cpu;
  int physical_cores = 1;  ///< Of the machine; two hardware threads of a core count once.
  int logical_cores = 1;   ///< Of the machine.
  int usable_cores = 1;    ///< Physical cores that affinity leaves to this process, at most its CPU quota.
  double cpu_quota = 0;    ///< Cores' worth of CPU time that the control group allows; 0: no limit.
  double memory_bytes = 0;
  double memory_limit_bytes = 0;  ///< Of the control group; 0: none below the machine's memory.
};

/// Looks now. `root` is where /proc, /sys and /etc are looked for: tests give a fake tree.
Machine this_machine(const std::filesystem::path& root = "/");

/// Physical cores that this process may use: the default number of threads.
int usable_cores();

/// As run.json and `doctor --json` say it.
nlohmann::ordered_json to_json(const Machine& machine);

/// One entry of /proc/cpuinfo.
struct Processor {
  int number = 0;
  int package = -1, core = -1;  ///< -1 where the file does not say.
};
struct CpuInfo {
  std::string model;  ///< Empty where the file does not say.
  std::vector<Processor> processors;
};
CpuInfo parse_cpuinfo(std::string_view text);

/// Different cores among the processors whose numbers are in `allowed`.
int count_cores(const CpuInfo& info, const std::vector<int>& allowed);

/// cgroup v2's cpu.max, "150000 100000" -> 1.5; 0 for "max 100000" or anything else.
double parse_cpu_max(std::string_view text);

/// The group's path in /proc/self/cgroup: of controller "cpu" or "memory" (v1), or of "" (v2, one for all).
/// Empty where it has none.
std::string cgroup_path(std::string_view text, std::string_view controller);

/// A field of /proc/meminfo in bytes; 0 where it is missing.
double parse_meminfo(std::string_view text, std::string_view field);

/// PRETTY_NAME of /etc/os-release, unquoted; empty where it is missing.
std::string parse_os_release(std::string_view text);

}  // namespace coppice
