#include <cstdio>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "gtest/gtest.h"
#include "support/scratch.h"

namespace coppice {
namespace {

/// What `coppice doctor ARGUMENTS` prints; fails the test unless it exits 0.
std::string doctor(const std::string& arguments) {
  const std::string command = std::string(COPPICE_PROGRAM) + " doctor " + arguments;
  FILE* const pipe = popen(command.c_str(), "r");
  if (!pipe) throw std::runtime_error("no pipe");
  std::string output;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) output += static_cast<char>(c);
  EXPECT_EQ(pclose(pipe), 0) << command;
  return output;
}

TEST(Doctor, JsonHoldsEverySection) {
  const Scratch scratch;
  const auto json = nlohmann::json::parse(doctor("--json --runs " + (scratch / "runs")));
  EXPECT_GE(json.at("machine").at("usable_cores"), 1);
  EXPECT_EQ(std::string(json.at("machine").at("isa")).substr(0, 1), "v");
  EXPECT_EQ(json.at("libraries").at("libtorch").get<std::string>().substr(0, 2), "2.");
  EXPECT_TRUE(json.at("gpu").at("devices").is_array());
  ASSERT_GE(json.at("energy").size(), 2U);
  for (const auto& counter : json.at("energy")) EXPECT_NE(counter.at("usable"), counter.contains("why"));
  ASSERT_GE(json.at("data").size(), 4U);
  for (const auto& place : json.at("data")) EXPECT_EQ(place.at("folder").is_null(), place.contains("remedy"));
  EXPECT_TRUE(json.at("runs").at("writable"));
  EXPECT_FALSE(std::filesystem::exists(scratch / "runs")) << "doctor must write nothing";
}

TEST(Doctor, SaysWhatToDoAboutAFileInTheWay) {
  const std::string text = doctor("--runs " COPPICE_SOURCE_DIR "/LICENSE/runs");
  EXPECT_NE(text.find("ok processor"), std::string::npos) << text;
  EXPECT_NE(text.find("LICENSE is a file"), std::string::npos) << text;
  EXPECT_NE(text.find("-> name another folder with --runs"), std::string::npos) << text;
}

}  // namespace
}  // namespace coppice
