#include "measure/calibration_cache.h"

#include <cstdlib>
#include <fstream>

#include "gtest/gtest.h"
#include "support/scratch.h"

namespace coppice {
namespace {

namespace fs = std::filesystem;

class CalibrationCache : public ::testing::Test {
 protected:
  /// The peak that the cache gives: 1 for the first measurement, 2 for the second ...
  double peak(const fs::path& folder, bool fresh = false) {
    return cached_calibration(folder, key, now, fresh,
                              [&] {
                                Calibration calibration;
                                calibration.isa = "v3";
                                calibration.clock_ghz = calibration.core_gflops = calibration.fed_gflops = 1;
                                calibration.peak_gflops = ++measured;
                                calibration.memory = {{"L1", 100, 9, true}, {"DRAM", 0, 1, true}};
                                calibration.taken_at = now;
                                return calibration;
                              })
        .peak_gflops;
  }
  double peak() { return peak(scratch.folder() / "a/coppice"); }

  fs::path only_file() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(scratch.folder() / "a/coppice"))
      files.push_back(entry.path());
    EXPECT_EQ(files.size(), 1U);
    return files.at(0);
  }

  Scratch scratch;
  nlohmann::ordered_json key = {{"cpu", "x"}, {"threads", 4}};
  std::int64_t now = 1767225600;
  int measured = 0;
};

TEST_F(CalibrationCache, MeasuresOnceAndAnewWhenAsked) {
  EXPECT_EQ(peak(), 1);
  EXPECT_EQ(peak(), 1);
  EXPECT_EQ(peak(scratch.folder() / "a/coppice", true), 2);
  EXPECT_EQ(peak(), 2);
}

TEST_F(CalibrationCache, HoldsForADayAndNotBeforeItWasTaken) {
  EXPECT_EQ(peak(), 1);
  now += 24 * 3600;
  EXPECT_EQ(peak(), 1);
  now += 1;
  EXPECT_EQ(peak(), 2);
  now -= 1;
  EXPECT_EQ(peak(), 3);
}

TEST_F(CalibrationCache, HoldsForItsKeyAlone) {
  EXPECT_EQ(peak(), 1);
  key["threads"] = 2;
  EXPECT_EQ(peak(), 2);
  key["threads"] = 4;
  EXPECT_EQ(peak(), 1);  // still there
}

TEST_F(CalibrationCache, BrokenAndForeignFilesAreMeasuredOver) {
  EXPECT_EQ(peak(), 1);
  const fs::path file = only_file();
  std::string content;
  std::getline(std::ifstream(file), content, '\0');
  int expected = 1;
  for (const std::string& broken :
       {std::string(), std::string("\0\xff garbage", 10), content.substr(0, content.size() / 2),
        std::string("[]"), std::string("{\"key\": 1}"),
        std::string("{\"key\": {\"cpu\": \"x\", \"threads\": 4}}"),
        [&] {  // the same name by some accident, another machine inside
          std::string other = content;
          return other.replace(other.find("\"x\""), 3, "\"y\"");
        }(),
        [&] {  // well formed and impossible
          std::string other = content;
          return other.replace(other.find("\"clock_ghz\": 1"), 14, "\"clock_ghz\": -");
        }()}) {
    std::ofstream(file) << broken;
    EXPECT_EQ(peak(), ++expected) << broken;
    EXPECT_EQ(peak(), expected) << "not rewritten: " << broken;
  }
}

TEST_F(CalibrationCache, WhereNothingCanBeKeptItStillMeasures) {
  EXPECT_EQ(peak(""), 1);
  EXPECT_EQ(peak(""), 2);
  std::ofstream(scratch.folder() / "file") << "in the way";
  EXPECT_EQ(peak(scratch.folder() / "file/coppice"), 3);
  EXPECT_EQ(peak(scratch.folder() / "file/coppice"), 4);
}

TEST_F(CalibrationCache, TheFolderFollowsTheEnvironment) {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value ? value : "");
  };
  const std::string cache = variable("XDG_CACHE_HOME"), home = variable("HOME");
  setenv("XDG_CACHE_HOME", "/c", 1);
  setenv("HOME", "/h", 1);
  EXPECT_EQ(cache_folder(), "/c/coppice");
  setenv("XDG_CACHE_HOME", "relative", 1);
  EXPECT_EQ(cache_folder(), "/h/.cache/coppice");
  unsetenv("XDG_CACHE_HOME");
  EXPECT_EQ(cache_folder(), "/h/.cache/coppice");
  unsetenv("HOME");
  EXPECT_EQ(cache_folder(), "");
  if (!cache.empty()) setenv("XDG_CACHE_HOME", cache.c_str(), 1);
  if (!home.empty()) setenv("HOME", home.c_str(), 1);
}

}  // namespace
}  // namespace coppice
