#include "measure/counters.h"

#include <filesystem>

#include "gtest/gtest.h"
#include "support/fake_rapl.h"

namespace coppice {
namespace {

TEST(Counters, NoRaplSaysWhyAndWhatToDo) {
  const Scratch root;
  const auto counters = rapl_counters(root.folder());
  ASSERT_EQ(counters.size(), 1U);
  EXPECT_FALSE(counters[0].usable);
  EXPECT_NE(counters[0].why.find("sys/class/powercap"), std::string::npos);
  EXPECT_FALSE(counters[0].remedy.empty());
}

TEST(Counters, PackagesCountAndTheirPartsDoNot) {
  const FakeRapl fake;
  fake.add("intel-rapl:1", "package-1", "77\n");
  fake.add("intel-rapl:0", "package-0", "123456\n");
  fake.add("intel-rapl:0:0", "core", "1\n");
  fake.add("intel-rapl:2", "psys", "1\n");
  fake.add("intel-rapl-mmio:0", "package-0", "1\n");
  fake.add("intel-rapl", "", nullptr);
  const auto counters = rapl_counters(fake.root());
  ASSERT_EQ(counters.size(), 2U);
  EXPECT_EQ(counters[0].name, "package-0");
  EXPECT_EQ(counters[1].name, "package-1");
  EXPECT_TRUE(counters[0].usable && counters[1].usable);
}

TEST(Counters, UnreadableCounterSaysWhyAndWhatToDo) {
  const FakeRapl fake;
  fake.add("intel-rapl:0", "package-0", nullptr);
  std::filesystem::create_directory(fake.folder("intel-rapl:0") / "energy_uj");
  fake.add("intel-rapl:1", "package-1", "");
  const auto counters = rapl_counters(fake.root());
  ASSERT_EQ(counters.size(), 2U);
  EXPECT_NE(counters[0].why.find("energy_uj: Is a directory"), std::string::npos) << counters[0].why;
  EXPECT_NE(counters[1].why.find("energy_uj: it is empty"), std::string::npos) << counters[1].why;
  EXPECT_NE(counters[0].remedy.find("chmod a+r"), std::string::npos);
}

TEST(Counters, NvmlAnswersOnAnyMachine) {
  const auto counters = nvml_counters();
  ASSERT_FALSE(counters.empty());
  for (const EnergyCounter& counter : counters) {
    EXPECT_EQ(counter.source, "nvml");
    EXPECT_EQ(counter.usable, counter.why.empty());
    EXPECT_EQ(counter.usable, counter.remedy.empty());
  }
}

}  // namespace
}  // namespace coppice
