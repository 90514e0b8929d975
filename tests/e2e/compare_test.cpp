// coppice compare, as a user runs it. What kernels it takes and how fast they are depends on the machine:
// only what must hold on each is looked at.
#include <cstdlib>

#include "e2e/fixture.h"

namespace coppice {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

class Compare : public Search {
 protected:
  Compare() {
    // The machine is calibrated once for all tests of a build, and not in the user's own cache.
    setenv("XDG_CACHE_HOME", COPPICE_BINARY_DIR "/test-cache", 1);
    write("c.toml", small_config());
  }

  Outcome compare(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"compare", "small", "--quick"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return coppice(arguments);
  }

  Json compare_json(std::vector<std::string> more) const {
    more.push_back("--json");
    const Outcome outcome = compare(more);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    const Json json = Json::parse(outcome.out, nullptr, false);
    EXPECT_FALSE(json.is_discarded()) << outcome.out;
    return json;
  }

  static std::string notes(const Json& json) { return json.at("notes").dump(); }

  static void expect_interval(const Json& json) {
    EXPECT_GT(json.at("low"), 0);
    EXPECT_LE(json.at("low"), json.at("median"));
    EXPECT_LE(json.at("median"), json.at("high"));
  }

  /// All files below a folder by relative path.
  static std::map<std::string, std::string> files_below(const std::string& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file())
        files[fs::relative(entry.path(), folder).string()] = content_of(entry.path().string());
    }
    return files;
  }
};

TEST_F(Compare, MeasuresKeepsItsPlansAndDisturbsNothing) {
  const std::string run = prune("c.toml");
  const Json ticket = json_of(run + "/ticket.json");
  const std::int64_t level = ticket.at("level");
  ASSERT_GT(level, 0) << "this search has a ticket, whatever the machine";
  char name[32];
  std::snprintf(name, sizeof name, "%02d", static_cast<int>(level));

  const Outcome outcome = compare({"--batch", "3,1,3", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json json = Json::parse(outcome.out);  // and nothing else
  EXPECT_EQ(outcome.out, content_of(run + "/compare/cpu-level-" + name + ".json"));
  EXPECT_EQ(json.at("level"), level);
  EXPECT_EQ(json.at("density_prunable"), ticket.at("density_prunable"));
  EXPECT_EQ(json.at("notes"), Json::array());
  EXPECT_GT(json.at("calibration").at("peak_gflops"), 0);

  const auto test_of = [&](const std::string& of) {
    return json_of(run + "/level-" + of + "/level.json").at("accuracy").at("test").get<double>();
  };
  const Json& accuracy = json.at("accuracy");
  EXPECT_EQ(accuracy.at("images"), 300);
  EXPECT_EQ(accuracy.at("dense"), test_of("00"));
  EXPECT_EQ(accuracy.at("ticket_dense_kernels"), test_of(name));
  EXPECT_EQ(accuracy.at("ticket_sparse_kernels"), test_of(name));

  ASSERT_EQ(json.at("model").size(), 2u);
  EXPECT_EQ(json["model"][0].at("batch"), 1);
  EXPECT_EQ(json["model"][1].at("batch"), 3);
  for (const Json& model : json["model"]) {
    EXPECT_LT(model.at("agreement").at("max_rel_error"), 1e-4);
    for (const char* interval : {"dense_ms", "sparse_ms", "speedup"}) expect_interval(model.at(interval));
    EXPECT_GT(model.at("limit_speedup"), 0);
    EXPECT_EQ(model.at("threads"), 1);
    EXPECT_TRUE(model.at("energy").at("sparse").contains("unavailable"));  // --quick does not measure it
  }
  ASSERT_EQ(json.at("layers").size(), 6u);  // fc1, fc2, fc3, each at both batches
  for (const Json& layer : json["layers"]) {
    expect_interval(layer.at("speedup"));
    EXPECT_GE(layer.at("candidates").size(), 2u);
    for (const Json& candidate : layer["candidates"]) expect_interval(candidate.at("time_ms"));
  }

  // Again: the plans are read, not made.
  const auto plans = files_below(run + "/compare/plans");
  EXPECT_EQ(plans.size(), 2u);
  const Json again = compare_json({"--batch", "1,3", "--layer", "fc3"});
  EXPECT_EQ(files_below(run + "/compare/plans"), plans);
  EXPECT_EQ(again.at("notes"), Json::array());
  EXPECT_EQ(again.at("layers").size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(again["model"][i]["runs"], json["model"][i]["runs"]);

  // The rest of the program does not mind what lies there now.
  const auto tensors = tensors_below(run);
  const Outcome verify = coppice({"verify", run, "--json"});
  EXPECT_EQ(verify.exit_code, 0) << verify.err;
  EXPECT_EQ(Json::parse(verify.out).at("ok"), true);
  EXPECT_EQ(coppice({"inspect", run}).exit_code, 0);
  EXPECT_EQ(coppice({"inspect", "runs"}).exit_code, 0);
  EXPECT_EQ(prune("c.toml"), run);
  EXPECT_EQ(tensors_below(run), tensors);
}

TEST_F(Compare, InWords) {
  const std::string run = prune("c.toml");
  const Outcome outcome = compare({"--batch", "2", "--level", "1"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  for (const char* part : {"level 1: 80.", "Layers at batch 2", "fc1", "At batch 2 the ticket (80.",
                           "Test accuracy: dense ", "cpu-level-01.json"})
    EXPECT_NE(outcome.out.find(part), std::string::npos) << part << " is not in:\n" << outcome.out;
  EXPECT_EQ(outcome.out.find("Note:"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.err.find("timing kernels"), std::string::npos) << outcome.err;
  EXPECT_TRUE(fs::exists(run + "/compare/cpu-level-01.json"));
  const Outcome quiet = compare({"--batch", "2", "--level", "1", "--layer", "fc3", "--quiet"});
  EXPECT_EQ(quiet.exit_code, 0);
  EXPECT_EQ(quiet.err, "");
}

TEST_F(Compare, RefusesWhatItCannotDo) {
  const std::string run = prune("c.toml");
  const auto refused = [&](const std::vector<std::string>& arguments, const std::vector<std::string>& words) {
    const Outcome outcome = run_program(arguments, here.folder().string());
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    for (const std::string& word : words)
      EXPECT_NE(outcome.err.find(word), std::string::npos) << word << " is not in: " << outcome.err;
    EXPECT_FALSE(fs::exists(run + "/compare"));
  };
  refused({"compare", "small", "--batch", "0"}, {"--batch", "0"});
  refused({"compare", "small", "--batch", "-1"}, {"--batch", "-1"});
  refused({"compare", "small", "--batch", "1,301"}, {"--batch 301", "300 images"});
  refused({"compare", "small", "--layer", "layer9.*"}, {"--layer 'layer9.*'", "matches no"});
  refused({"compare", "small", "--level", "9"}, {"no finished level 9"});
  refused({"compare", "small", "--device", "cuda"}, {"--device", "CPU"});
  refused({"compare", "small", "--device", "cuda:1"}, {"--device", "CPU"});
  refused({"compare", "small", "--force", "dense"}, {"--force", "dense"});
  refused({"compare", "large"}, {"large"});
  refused({"compare", "no/such/run"}, {"no/such/run"});
  refused({"compare"}, {"RUN"});

  const std::string model = run + "/level-01/model.safetensors";
  const std::string content = content_of(model);
  for (const std::string& broken :
       {content.substr(0, content.size() / 2), std::string(), std::string(1000, '\xff')}) {
    std::ofstream(model, std::ios::binary) << broken;
    refused({"compare", "small", "--level", "1", "--threads", "1"}, {"model.safetensors"});
  }
  // A mask of other weights.
  std::ofstream(model, std::ios::binary) << content_of(run + "/level-00/model.safetensors");
  const Outcome outcome = compare({"--level", "1", "--batch", "1"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("another checkpoint"), std::string::npos) << outcome.err;
}

TEST_F(Compare, WithoutATicketTakesTheSparsestLevel) {
  prune("c.toml", {"--set", "prune.fraction=0.97", "--set", "prune.levels=2"});
  const Json json = compare_json({"--batch", "1", "--layer", "fc3"});
  EXPECT_EQ(json.at("level"), 2);
  EXPECT_NE(notes(json).find("no winning ticket"), std::string::npos) << notes(json);
}

TEST_F(Compare, WithoutTheDenseWeightsSaysSo) {
  fs::remove(prune("c.toml") + "/level-00/model.safetensors");
  const Json json = compare_json({"--batch", "1", "--layer", "fc3"});
  EXPECT_TRUE(json.at("accuracy").at("dense").is_null());
  EXPECT_NE(notes(json).find("dense network's weights were not kept"), std::string::npos) << notes(json);
}

TEST_F(Compare, ForcedSparseIsSparseEverywhereAndSaysSo) {
  prune("c.toml");
  const Json json = compare_json({"--batch", "3", "--force", "sparse"});
  EXPECT_EQ(json["model"][0].at("runs"), "sparse plan");
  for (const Json& layer : json.at("layers")) {
    for (const Json& candidate : layer.at("candidates")) {
      if (candidate.at("kernel") == layer.at("chosen")) {
        EXPECT_EQ(candidate.at("sparse"), true) << layer;
      }
    }
  }
  EXPECT_NE(notes(json).find("--force sparse"), std::string::npos) << notes(json);
}

TEST_F(Compare, APlanThatCannotBeReadIsMadeAnew) {
  const std::string run = prune("c.toml");
  const std::vector<std::string> arguments = {"--batch", "1", "--layer", "fc3"};
  // Where it lies, and what is in it.
  const std::string file = run + "/compare/plans/level-03-batch-1.json";
  compare_json(arguments);
  const std::string content = content_of(file);
  ASSERT_FALSE(content.empty());
  for (const std::string& broken :
       {content.substr(0, content.size() / 2), std::string("{\"key\": \"\xff\xfe\"}")}) {
    std::ofstream(file, std::ios::binary) << broken;
    const Json json = compare_json(arguments);
    EXPECT_NE(notes(json).find("made the plan anew"), std::string::npos) << notes(json);
  }
  EXPECT_EQ(compare_json(arguments).at("notes"), Json::array());
}

TEST_F(Compare, StopsWhenInterrupted) {
  const std::string run = prune("c.toml");
  // Until it measures; without --quick and with 30 batches there is more to measure than this test waits for.
  std::string batches = "1";
  for (int batch = 2; batch <= 30; ++batch) batches += "," + std::to_string(batch);
  Program program({"compare", "small", "--batch", batches, "--threads", "1"}, here.folder().string());
  for (int i = 0; i < 3000 && !fs::exists(run + "/compare/plans"); ++i)
    ASSERT_TRUE(program.runs_for(milliseconds(10)));
  program.signal(SIGINT);
  const Outcome outcome = program.wait();
  EXPECT_EQ(outcome.exit_code, 130) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(outcome.err.find("interrupted while"), std::string::npos) << outcome.err;
  for (const auto& [name, content] : files_below(run + "/compare"))
    EXPECT_TRUE(name.starts_with("plans/level-") && name.ends_with(".json")) << name;
}

}  // namespace
}  // namespace coppice
