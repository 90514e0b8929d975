#pragma once
#include <filesystem>
#include <map>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/program.h"

namespace coppice {

/// A folder with a config in it, in which the program is run.
class Search : public ::testing::Test {
 protected:
  using Json = nlohmann::json;

  /// Seconds of work: a small network on the synthetic task, two threads.
  static std::string small_config() {
    return R"(name = "small"
[data]
dataset = "synthetic"
synthetic_shape = [1, 8, 8]
synthetic_classes = 4
synthetic_examples = 1800
validation = 300
[model]
name = "lenet-300-100"
width = 0.2
[train]
length = "3ep"
batch = 32
[prune]
levels = 3
)";
  }

  void write(const std::string& name, const std::string& content) const {
    std::ofstream(here / name) << content;
  }

  Outcome coppice(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--threads", threads, "--device", "cpu"});
    return run_program(arguments, here.folder().string());
  }

  /// Runs prune and gives back the run's folder.
  std::string prune(const std::string& config, std::vector<std::string> more = {},
                    const std::string& runs = "runs") const {
    std::vector<std::string> arguments = {"prune", config, "--json", "--runs", runs};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = coppice(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    const Json json = Json::parse(outcome.out, nullptr, false);
    EXPECT_FALSE(json.is_discarded()) << outcome.out;
    return json.is_discarded() ? "" : here / json.at("folder").get<std::string>();
  }

  /// Content of all safetensors files below a folder, by relative path.
  static std::map<std::string, std::string> tensors_below(const std::string& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (entry.path().extension() == ".safetensors") {
        files[std::filesystem::relative(entry.path(), folder).string()] = content_of(entry.path().string());
      }
    }
    return files;
  }

  static void expect_same_tensors(const std::string& a, const std::string& b) {
    const auto left = tensors_below(a), right = tensors_below(b);
    for (const auto& [name, content] : left) {
      EXPECT_TRUE(right.contains(name)) << name << " only in " << a;
      if (right.contains(name)) {
        EXPECT_TRUE(content == right.at(name)) << name << " differs";
      }
    }
    for (const auto& [name, content] : right) EXPECT_TRUE(left.contains(name)) << name << " only in " << b;
    EXPECT_FALSE(left.empty());
  }

  Json json_of(const std::string& path) const { return Json::parse(content_of(path)); }

  Scratch here;
  std::string threads = "1";
};

}  // namespace coppice
