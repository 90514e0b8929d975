#include "measure/calibrate.h"

#include "coppice/error.h"

#include <chrono>
#include <ctime>

#include <nlohmann/json.hpp>

#include "gtest/gtest.h"
#include "kernels/cpu/isa.h"

namespace coppice {
namespace {

TEST(Calibrate, FindsPlausibleLimitsInUnderFiveSeconds) {
  const auto start = std::chrono::steady_clock::now();
  const Calibration two = calibrate(2);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  EXPECT_LT(took.count(), 5.0);
  EXPECT_EQ(two.isa, kernels::isa_name(kernels::isa()));
  EXPECT_EQ(two.threads, 2);
  EXPECT_GT(two.core_gflops, 1);     // a slow core under a sanitizer
  EXPECT_LT(two.core_gflops, 1000);  // two 512-bit units at 15 GHz
  EXPECT_GT(two.peak_gflops, 0);
  EXPECT_LT(two.peak_gflops, 2000);
  EXPECT_GT(two.fed_gflops, 0);
  EXPECT_GT(two.clock_ghz, 0.3);
  EXPECT_LT(two.clock_ghz, 8);
  ASSERT_GE(two.memory.size(), 2U);
  EXPECT_EQ(two.memory.front().name, "L1");
  EXPECT_EQ(two.memory.back().name, "DRAM");
  EXPECT_EQ(two.memory.back().bytes, 0);
  for (const MemoryLevel& level : two.memory) {
    EXPECT_GT(level.gb_s, 0.1) << level.name;
    EXPECT_LT(level.gb_s, 2 * 8 * 3 * 64) << level.name;  // three 64-byte loads a cycle at 8 GHz
  }
  EXPECT_GT(two.memory.front().gb_s, two.memory.back().gb_s);
  EXPECT_LE(std::abs(static_cast<double>(two.taken_at - std::time(nullptr))), 10);
}

Calibration sample() {
  Calibration calibration;
  calibration.isa = "v4";
  calibration.threads = 4;
  calibration.clock_ghz = 2.5;
  calibration.core_gflops = 160;
  calibration.peak_gflops = 600;
  calibration.fed_gflops = 400;
  calibration.memory = {{"L1", 196608, 1200, true}, {"L2", 8388608, 500, false}, {"DRAM", 0, 40, true}};
  calibration.remarks = {"something"};
  calibration.taken_at = 1767225600;
  return calibration;
}

TEST(Calibrate, JsonGoesThereAndBack) {
  const nlohmann::ordered_json json = to_json(sample());
  EXPECT_EQ(json.at("bandwidth_gb_s").at("L2"), 500);
  EXPECT_EQ(json.at("taken_at"), "2026-01-01T00:00:00Z");
  const Calibration back = calibration_from_json(json);
  EXPECT_EQ(to_json(back), json);
  EXPECT_EQ(back.taken_at, 1767225600);
  ASSERT_EQ(back.memory.size(), 3U);
  EXPECT_FALSE(back.memory[1].separated);
  EXPECT_EQ(back.memory[1].bytes, 8388608);
  EXPECT_EQ(to_text(back),
            "4 threads at 2.50 GHz, v4 kernels: 600 GFLOP/s (400 fed from L1), reads L1 1200, L2 500?, DRAM "
            "40 GB/s (something)");
}

TEST(Calibrate, JsonThatCannotBeACalibrationIsRefused) {
  const nlohmann::ordered_json good = to_json(sample());
  for (const auto& [key, value] : good.items()) {
    nlohmann::ordered_json lacking = good;
    lacking.erase(key);
    EXPECT_THROW(calibration_from_json(lacking), BadInput) << key;
    nlohmann::ordered_json wrong = good;
    wrong[key] = nullptr;
    EXPECT_THROW(calibration_from_json(wrong), BadInput) << key;
  }
  for (const char* key : {"clock_ghz", "core_gflops", "peak_gflops", "fed_gflops", "threads"}) {
    nlohmann::ordered_json wrong = good;
    wrong[key] = 0;
    EXPECT_THROW(calibration_from_json(wrong), BadInput) << key;
  }
  nlohmann::ordered_json wrong = good;
  wrong["bandwidth_gb_s"] = {{"L1", 5}};
  EXPECT_THROW(calibration_from_json(wrong), BadInput);  // a first level and nothing behind it
  wrong = good;
  wrong["taken_at"] = "yesterday";
  EXPECT_THROW(calibration_from_json(wrong), BadInput);
  EXPECT_THROW(calibration_from_json(nlohmann::ordered_json::array()), BadInput);
}

}  // namespace
}  // namespace coppice
