#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "gtest/gtest.h"
#include "support/program.h"
#include "support/scratch.h"

namespace coppice {
namespace {

TEST(Doctor, JsonHoldsEverySection) {
  const Scratch scratch;
  const auto json = nlohmann::json::parse(run_program({"doctor", "--json", "--runs", scratch / "runs"}).out);
  EXPECT_GE(json.at("machine").at("usable_cores"), 1);
  EXPECT_EQ(std::string(json.at("machine").at("isa")).substr(0, 1), "v");
  EXPECT_EQ(json.at("libraries").at("libtorch").get<std::string>().substr(0, 2), "2.");
  EXPECT_TRUE(json.at("gpu").at("devices").is_array());
  if (json.at("gpu").at("kernels")) {
    const auto& libraries = json.at("gpu").at("libraries");
    ASSERT_GE(libraries.size(), 4U);
    for (const auto& library : libraries) {
      EXPECT_NE(library.at("name"), "");
      EXPECT_NE(library.at("usable"), library.contains("why"));
      EXPECT_EQ(library.at("usable"), library.contains("path"));
    }
  }
  ASSERT_GE(json.at("energy").size(), 2U);
  for (const auto& counter : json.at("energy")) EXPECT_NE(counter.at("usable"), counter.contains("why"));
  ASSERT_GE(json.at("data").size(), 4U);
  for (const auto& place : json.at("data")) EXPECT_EQ(place.at("folder").is_null(), place.contains("remedy"));
  EXPECT_TRUE(json.at("runs").at("writable"));
  EXPECT_FALSE(std::filesystem::exists(scratch / "runs")) << "doctor must write nothing";
}

TEST(Doctor, SaysWhatToDoAboutAFileInTheWay) {
  const Outcome outcome = run_program({"doctor", "--runs", COPPICE_SOURCE_DIR "/LICENSE/runs"});
  const std::string& text = outcome.out;
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_NE(text.find("ok processor"), std::string::npos) << text;
  EXPECT_NE(text.find("LICENSE is a file"), std::string::npos) << text;
  EXPECT_NE(text.find("-> name another folder with --runs"), std::string::npos) << text;
}

}  // namespace
}  // namespace coppice
