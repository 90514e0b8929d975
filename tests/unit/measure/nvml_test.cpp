#include "measure/nvml.h"

#include "gtest/gtest.h"

namespace coppice {
namespace {

using Names = std::vector<std::string>;

TEST(Nvml, NamesWhatHoldsTheClocksDown) {
  EXPECT_EQ(throttle_names(0), Names());
  EXPECT_EQ(throttle_names(0x1 | 0x4 | 0x40),
            (Names{"idle", "software power cap", "hardware thermal slowdown"}));
  EXPECT_EQ(slowdowns(0x1 | 0x2 | 0x10 | 0x100), Names()) << "idleness and settings spoil no measurement";
  EXPECT_EQ(slowdowns(0x1 | 0x20 | 0x8), (Names{"hardware slowdown", "software thermal slowdown"}));
  EXPECT_EQ(slowdowns(0x1000), Names{"reason 0x1000"}) << "what nobody knows is told";
}

TEST(Nvml, KnowsAGpuOrSaysWhyNot) {
  const Nvml nvml;
  const GpuState nowhere = nvml.state("ffff:ff:1f.0");
  EXPECT_NE(nowhere.unavailable, "");
  EXPECT_FALSE(nowhere.sm_clock_mhz.has_value());
  if (nvml.unavailable().empty()) {
    EXPECT_NE(nvml.driver_version(), "");
    EXPECT_NE(nowhere.unavailable.find("ffff:ff:1f.0"), std::string::npos);
  } else {
    EXPECT_EQ(nowhere.unavailable, nvml.unavailable());
    EXPECT_EQ(nvml.driver_version(), "");
    EXPECT_TRUE(nvml.gpus().empty());
  }
}

}  // namespace
}  // namespace coppice
