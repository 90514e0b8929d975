#include "base/machine.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

#include "gtest/gtest.h"
#include "support/scratch.h"

namespace coppice {
namespace {

// Two cores with two threads each, as /proc/cpuinfo tells it.
constexpr const char* kTwoCores = R"(processor	: 0
model name	: A  Fine CPU @ 3.0GHz
physical id	: 0
core id		: 0

processor	: 1
model name	: A  Fine CPU @ 3.0GHz
physical id	: 0
core id		: 1

processor	: 2
physical id	: 0
core id		: 0

processor	: 3
physical id	: 0
core id		: 1
)";

TEST(Machine, ReadsProcessorsAndCountsCores) {
  const CpuInfo info = parse_cpuinfo(kTwoCores);
  EXPECT_EQ(info.model, "A  Fine CPU @ 3.0GHz");
  ASSERT_EQ(info.processors.size(), 4U);
  EXPECT_EQ(info.processors[3].core, 1);
  EXPECT_EQ(count_cores(info, {0, 1, 2, 3}), 2);
  EXPECT_EQ(count_cores(info, {0, 2}), 1);
  EXPECT_EQ(count_cores(info, {1, 2}), 2);
  EXPECT_EQ(count_cores(info, {7}), 0);
}

TEST(Machine, CoresOfDifferentPackagesAreDifferent) {
  const CpuInfo info =
      parse_cpuinfo("processor: 0\nphysical id: 0\ncore id: 0\nprocessor: 1\nphysical id: 1\ncore id: 0\n");
  EXPECT_EQ(count_cores(info, {0, 1}), 2);
}

TEST(Machine, ProcessorsWithoutTopologyAreCoresEach) {
  const CpuInfo info = parse_cpuinfo("processor\t: 0\nCPU part\t: 0xd0c\n\nprocessor\t: 1\n");
  EXPECT_EQ(info.model, "");
  EXPECT_EQ(count_cores(info, {0, 1}), 2);
}

TEST(Machine, AnythingIsReadWithoutHarm) {
  EXPECT_TRUE(parse_cpuinfo("").processors.empty());
  EXPECT_TRUE(parse_cpuinfo("core id: 3\nno colon\n:\n: :\n").processors.empty());
  EXPECT_EQ(parse_cpu_max("nonsense"), 0);
  EXPECT_EQ(parse_meminfo("MemTotal", "MemTotal"), 0);
  EXPECT_EQ(cgroup_path("::", "cpu"), "");
  EXPECT_EQ(cgroup_path("no colon", ""), "");
}

TEST(Machine, CpuMaxIsCores) {
  EXPECT_EQ(parse_cpu_max("max 100000\n"), 0);
  EXPECT_DOUBLE_EQ(parse_cpu_max("150000 100000\n"), 1.5);
  EXPECT_EQ(parse_cpu_max("150000 0"), 0);
  EXPECT_EQ(parse_cpu_max("-1 100000"), 0);
  EXPECT_EQ(parse_cpu_max(""), 0);
}

TEST(Machine, GroupPaths) {
  const char* v1 = "9:memory:/a\n4:cpu,cpuacct:/b/c\n1:name=systemd:/d\n";
  EXPECT_EQ(cgroup_path(v1, "cpu"), "/b/c");
  EXPECT_EQ(cgroup_path(v1, "memory"), "/a");
  EXPECT_EQ(cgroup_path(v1, ""), "");
  EXPECT_EQ(cgroup_path("0::/user.slice/x\n", ""), "/user.slice/x");
  EXPECT_EQ(cgroup_path("0::/user.slice/x\n", "cpu"), "");
}

TEST(Machine, MemoryAndNames) {
  EXPECT_EQ(parse_meminfo("MemTotalX: 1 kB\nMemTotal:       2048 kB\nMemFree: 3 kB\n", "MemTotal"),
            2048.0 * 1024);
  EXPECT_EQ(parse_os_release("NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"),
            "Debian GNU/Linux 12 (bookworm)");
  EXPECT_EQ(parse_os_release("PRETTY_NAME=Plain\n"), "Plain");
  EXPECT_EQ(parse_os_release("PRETTY_NAME=\""), "\"");
}

class FakeRoot : public testing::Test {
 protected:
  void SetUp() override {
    write("proc/cpuinfo", kTwoCores);
    write("proc/meminfo", "MemTotal: 1000 kB\n");
    write("etc/os-release", "PRETTY_NAME='Some System'\n");
  }
  Machine machine() const { return this_machine(root_.folder()); }
  void write(const std::string& path, const std::string& content) {
    const std::filesystem::path file = root_.folder() / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << content;
  }

 private:
  Scratch root_;
};

TEST_F(FakeRoot, WithoutLimits) {
  write("proc/self/cgroup", "0::/\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  const Machine machine = this->machine();
  EXPECT_EQ(machine.cpu, "A  Fine CPU @ 3.0GHz");
  EXPECT_EQ(machine.os, "Some System");
  EXPECT_EQ(machine.physical_cores, 2);
  EXPECT_EQ(machine.logical_cores, 4);
  EXPECT_EQ(machine.memory_bytes, 1024000);
  EXPECT_EQ(machine.cpu_quota, 0);
  EXPECT_EQ(machine.memory_limit_bytes, 0);
  EXPECT_TRUE(to_json(machine)["cpu_quota"].is_null());
}

TEST_F(FakeRoot, TightestGroupV2Counts) {
  write("proc/self/cgroup", "0::/outer/inner\n");
  write("sys/fs/cgroup/outer/cpu.max", "50000 100000\n");
  write("sys/fs/cgroup/outer/inner/cpu.max", "300000 100000\n");
  write("sys/fs/cgroup/outer/inner/memory.max", "max\n");
  write("sys/fs/cgroup/outer/memory.max", "512000\n");
  const Machine machine = this->machine();
  EXPECT_DOUBLE_EQ(machine.cpu_quota, 0.5);
  EXPECT_EQ(machine.usable_cores, 1);
  EXPECT_EQ(machine.memory_limit_bytes, 512000);
  EXPECT_EQ(to_json(machine)["cpu_quota"], 0.5);
}

TEST_F(FakeRoot, GroupV1InAContainerWithoutItsPath) {
  write("proc/self/cgroup", "4:cpu,cpuacct:/docker/abc\n");
  write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "120000\n");
  write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_DOUBLE_EQ(machine().cpu_quota, 1.2);
  write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  EXPECT_EQ(machine().cpu_quota, 0);
}

TEST(Machine, ThisOne) {
  const Machine machine = this_machine();
  EXPECT_GE(machine.usable_cores, 1);
  EXPECT_LE(machine.usable_cores, machine.physical_cores);
  EXPECT_LE(machine.physical_cores, machine.logical_cores);
  EXPECT_GT(machine.memory_bytes, 1e8);
  EXPECT_EQ(usable_cores(), machine.usable_cores);
}

}  // namespace
}  // namespace coppice
