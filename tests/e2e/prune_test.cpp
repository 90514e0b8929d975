// The main job from outside: files, numbers, resuming, extending, replicates, exports.
#include "coppice/prune.h"

#include "coppice/checkpoint.h"

#include <cmath>

#include "e2e/fixture.h"

namespace coppice {
namespace {

namespace fs = std::filesystem;

class Prune : public Search {};

TEST_F(Prune, WritesTheFolderThatTheInterfacePromises) {
  write("c.toml", small_config());
  const std::string run = prune("c.toml");
  for (const char* name : {"config.toml", "run.json", "init.safetensors", "rewind.safetensors", "curve.csv",
                           "curve.svg", "ticket.json", "level-00/level.json", "level-03/mask.safetensors",
                           "level-03/model.safetensors", "level-03/metrics.jsonl"}) {
    EXPECT_TRUE(fs::exists(fs::path(run) / name)) << name;
  }
  for (const auto& entry : fs::recursive_directory_iterator(run)) {
    EXPECT_NE(entry.path().extension(), ".part");
    EXPECT_FALSE(entry.path().filename().string().starts_with("state.")) << entry.path();
  }
  // floor(0.2 x survivors) by hand: 64*60 + 60*20 + 20*4 = 5120 -> 4096 -> 3277 -> 2622.
  const std::int64_t expected[] = {5120, 4096, 3277, 2622};
  for (int level = 0; level <= 3; ++level) {
    const Json json = json_of(run + "/level-0" + std::to_string(level) + "/level.json");
    EXPECT_EQ(json.at("kept"), expected[level]);
    EXPECT_EQ(json.at("prunable"), 5120);
    EXPECT_DOUBLE_EQ(json.at("density_prunable").get<double>(), static_cast<double>(expected[level]) / 5120);
    EXPECT_EQ(json.at("train").at("steps"), 3 * 38);               // ceil(1200 / 32)
    EXPECT_GT(json.at("accuracy").at("test").get<double>(), 0.5);  // four classes: chance is 0.25
    // Whether this machine has a counter or not: a number with its source, or a reason; never 0.
    const Json& energy = json.at("energy");
    ASSERT_NE(energy.contains("unavailable"), energy.contains("joules")) << energy;
    if (energy.contains("joules")) {
      EXPECT_GT(energy.at("joules").get<double>(), 0);
      EXPECT_EQ(energy.at("source"), "rapl");
    }
    const Masks masks = read_masks(run + "/level-0" + std::to_string(level) + "/mask.safetensors");
    const Checkpoint model = read_checkpoint(run + "/level-0" + std::to_string(level) + "/model.safetensors");
    EXPECT_EQ(kept(masks), expected[level]);
    EXPECT_EQ(nonzero_pruned(masks, model.tensors), 0);
  }
  std::ifstream metrics(run + "/level-02/metrics.jsonl");
  int lines = 0;
  for (std::string line; std::getline(metrics, line); ++lines)
    EXPECT_EQ(Json::parse(line).at("step"), (lines + 1) * 38);
  EXPECT_EQ(lines, 3);
  const Json ticket = json_of(run + "/ticket.json");
  for (const char* key : {"level", "density_prunable", "accuracy", "dense_accuracy", "standard_error_pp",
                          "verdict", "why", "cost", "dense_cost", "regret"}) {
    EXPECT_TRUE(ticket.contains(key)) << key;
  }
}

TEST_F(Prune, VerifiesInspectsAndRunsAgainWithoutTraining) {
  write("c.toml", small_config());
  const std::string run = prune("c.toml");
  EXPECT_EQ(coppice({"verify", run}).exit_code, 0) << coppice({"verify", run}).out;
  EXPECT_EQ(coppice({"inspect", run}).exit_code, 0);
  EXPECT_EQ(coppice({"inspect", "runs"}).exit_code, 0);
  EXPECT_EQ(coppice({"inspect", run + "/level-01/mask.safetensors"}).exit_code, 0);
  EXPECT_EQ(Json::parse(coppice({"inspect", run + "/level-01/model.safetensors", "--json"}).out).at("kind"),
            "checkpoint");
  const Outcome again = coppice({"prune", "c.toml"});
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_NE(again.err.find("(done before)"), std::string::npos);
  const Outcome canonical =
      coppice({"prune", run + "/config.toml"});  // the canonical config leads to the same folder
  EXPECT_NE(canonical.err.find("(done before)"), std::string::npos) << canonical.err;
}

TEST_F(Prune, VerifyFindsWhatWasTamperedWith) {
  write("c.toml", small_config());
  const std::string run = prune("c.toml");
  const std::string file = run + "/level-01/model.safetensors";
  std::string content = content_of(file);
  content[content.size() - 3] = static_cast<char>(content[content.size() - 3] ^ 1);
  std::ofstream(file, std::ios::binary) << content;
  const Outcome outcome = coppice({"verify", run});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.out.find("BROKEN   replicate 1 level 1: checksums"), std::string::npos) << outcome.out;
  EXPECT_EQ(coppice({"prune", "c.toml"}).exit_code, 2);  // and the search does not build on it
}

TEST_F(Prune, MoreLevelsContinueAndEqualOneLongRun) {
  write("c.toml", small_config());
  const std::string three = prune("c.toml");
  const std::string five = prune("c.toml", {"--set", "prune.levels=5"});
  EXPECT_EQ(three, five);
  expect_same_tensors(five, prune("c.toml", {"--set", "prune.levels=5"}, "other"));
}

TEST_F(Prune, FewerLevelsThanBeforeAreAConsistentRunAsWell) {
  write("c.toml", small_config());
  const std::string run = prune("c.toml");
  EXPECT_EQ(prune("c.toml", {"--set", "prune.levels=1"}), run);
  EXPECT_EQ(coppice({"verify", run}).exit_code, 0) << coppice({"verify", run}).out;
  EXPECT_EQ(Json::parse(coppice({"inspect", run, "--json"}).out).at("levels").size(), 2u);
}

TEST_F(Prune, ReplicatesEqualRunsOfTheirSeeds) {
  write("c.toml", small_config());
  const std::string both = prune("c.toml", {"--set", "prune.levels=1", "--set", "replicates=2"});
  expect_same_tensors(both + "/replicate-02",
                      prune("c.toml", {"--set", "prune.levels=1", "--set", "seed=2"}));
  EXPECT_NE(content_of(both + "/init.safetensors"), content_of(both + "/replicate-02/init.safetensors"));
}

TEST_F(Prune, DensityEndsExactlyAndCanBeLoweredLater) {
  write("c.toml", small_config());
  const std::string run = prune("c.toml", {"--set", "prune.density=0.7"});
  EXPECT_EQ(json_of(run + "/level-02/level.json").at("kept"), 3584);  // 0.7 x 5120
  EXPECT_FALSE(fs::exists(run + "/level-03"));
  prune("c.toml", {"--set", "prune.density=0.5"});
  EXPECT_EQ(json_of(run + "/level-02/level.json").at("kept"), 3277);
  EXPECT_EQ(json_of(run + "/level-04/level.json").at("kept"), 2560);
  expect_same_tensors(run, prune("c.toml", {"--set", "prune.density=0.5"}, "other"));
}

// Levels 1 and on start from the values that the dense network had before update k, bit for bit.
TEST_F(Prune, RewindsToTheStepAsked) {
  write("c.toml", small_config());
  const std::string run = prune("c.toml", {"--set", "prune.levels=1", "--set", "retrain.rewind_to=1ep5it"});
  const std::string stopped =
      prune("c.toml", {"--set", "prune.levels=0", "--set", "train.length=43it"});  // 38 + 5
  EXPECT_EQ(read_checkpoint(run + "/rewind.safetensors").tensors,
            read_checkpoint(stopped + "/level-00/model.safetensors").tensors);
  EXPECT_EQ(json_of(run + "/level-01/level.json").at("train").at("steps"), 3 * 38 - 43);
  EXPECT_EQ(coppice({"verify", run}).exit_code, 0);
  // Rewound to the very end nothing is left to train: survivors keep their final values.
  const std::string end = prune("c.toml", {"--set", "prune.levels=1", "--set", "retrain.rewind_to=3ep"});
  Tensors dense = read_checkpoint(end + "/level-00/model.safetensors").tensors;
  apply_masks(read_masks(end + "/level-01/mask.safetensors"), dense);
  EXPECT_EQ(read_checkpoint(end + "/level-01/model.safetensors").tensors, dense);
}

TEST_F(Prune, StopsBeforeALayerCollapses) {
  write("c.toml", small_config());
  const Outcome outcome = coppice({"prune", "c.toml", "--json", "--set", "prune.levels=9", "--set",
                                   "prune.fraction=0.6", "--set", "prune.min_per_layer=60"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json json = Json::parse(outcome.out);
  EXPECT_NE(json.at("ended").get<std::string>().find("fewer than prune.min_per_layer = 60"),
            std::string::npos);
  EXPECT_LT(json.at("levels").size(), 9u);
  EXPECT_TRUE(fs::exists(here / json.at("folder").get<std::string>() + "/ticket.json"));
}

TEST_F(Prune, WithoutValidationTheCurveIsPrintedAndNoTicketChosen) {
  write("c.toml", small_config());
  const Outcome outcome =
      coppice({"prune", "c.toml", "--set", "data.validation=0", "--set", "prune.levels=1"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_NE(outcome.out.find("No ticket: nothing was held out"), std::string::npos) << outcome.out;
}

TEST_F(Prune, KeepTicketDropsTheOtherLevelsWeights) {
  write("c.toml", small_config());
  const std::string run = prune("c.toml", {"--keep", "ticket", "--set", "search.tolerance_pp=100"});
  EXPECT_TRUE(fs::exists(run + "/level-00/model.safetensors"));
  EXPECT_FALSE(fs::exists(run + "/level-01/model.safetensors"));
  EXPECT_TRUE(fs::exists(run + "/level-03/model.safetensors"));
  EXPECT_EQ(coppice({"verify", run}).exit_code, 0);
  prune("c.toml", {"--set", "prune.levels=4"});  // the last level's weights are there, so it goes on
}

TEST_F(Prune, StartsFromACheckpoint) {
  write("c.toml", small_config());
  const std::string first = prune("c.toml", {"--set", "prune.levels=0"});
  const std::string weights = first + "/level-00/model.safetensors";
  const std::string second =
      prune("c.toml", {"--set", "prune.levels=1", "--set", "model.weights=" + weights});
  EXPECT_NE(first, second);
  EXPECT_EQ(read_checkpoint(second + "/init.safetensors").tensors, read_checkpoint(weights).tensors);
}

TEST_F(Prune, TheLibTorchEngineLearnsAsWell) {
  write("c.toml", small_config());
  const std::string run = prune("c.toml", {"--set", "train.engine=libtorch", "--set", "prune.levels=1"});
  EXPECT_GT(json_of(run + "/level-01/level.json").at("accuracy").at("test").get<double>(), 0.5);
  EXPECT_EQ(json_of(run + "/run.json").at("conditions").at("engine"), "libtorch");
}

TEST_F(Prune, RealClientsOpenTheExports) {
  if (std::string(COPPICE_PYTHON).empty()) GTEST_SKIP() << "no Python with this torch, numpy and safetensors";
  write("c.toml", small_config());
  const std::string run = prune("c.toml");
  for (const std::string format : {"pt", "safetensors"}) {
    std::vector<std::string> arguments = {"export",   run,    "--level", "2",
                                          "--format", format, "-o",      "x." + format};
    if (format == "safetensors") arguments.push_back("--masks");
    const Outcome outcome = coppice(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_NE(outcome.out.find("runs as a dense network"), std::string::npos);
  }
  const std::string command = std::string(COPPICE_PYTHON) +
                              " '" COPPICE_SOURCE_DIR "/tests/interop/exports.py' '" + run +
                              "/level-02/model.safetensors' '" + here / "x.pt" + "' '" +
                              here / "x.safetensors" + "' > '" + here / "said" + "' 2>&1";
  EXPECT_EQ(std::system(command.c_str()), 0) << content_of(here / "said");
}

TEST_F(Prune, DryRunWritesNothing) {
  write("c.toml", small_config());
  const Outcome outcome = coppice({"prune", "c.toml", "--dry-run", "--json"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json json = Json::parse(outcome.out);
  EXPECT_EQ(json.at("levels").at(3).at("kept"), 2622);
  EXPECT_EQ(json.at("steps").at("total"), 4 * 3 * 38);
  EXPECT_GT(json.at("expected").at("disk_bytes"), 4 * 5120 * 4);
  EXPECT_FALSE(fs::exists(here / "runs"));
  EXPECT_EQ(coppice({"prune", "c.toml", "--dry-run"}).exit_code, 0);
}

TEST_F(Prune, OtherThreadsOnResumeAreRefusedUnlessAccepted) {
  write("c.toml", small_config());
  prune("c.toml");
  const std::vector<std::string> other = {"prune",     "c.toml", "--set",    "prune.levels=4",
                                          "--threads", "2",      "--device", "cpu"};
  const std::string folder = here.folder().string();
  const Outcome refused = run_program(other, folder);
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find("--accept-changes"), std::string::npos);
  std::vector<std::string> accepted = other;
  accepted.push_back("--accept-changes");
  EXPECT_EQ(run_program(accepted, folder).exit_code, 0);
}

}  // namespace
}  // namespace coppice
