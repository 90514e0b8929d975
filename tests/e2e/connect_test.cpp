// coppice connect, and searches that find their rewind point, as a user runs them.
#include <random>

#include "e2e/fixture.h"

namespace coppice {
namespace {

class Connect : public Search {
 protected:
  Outcome connect(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "connect");
    return coppice(arguments);
  }
  void expect_refused(const std::vector<std::string>& arguments, const std::string& words) const {
    const Outcome outcome = connect(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << outcome.out;
    EXPECT_NE(outcome.err.find(words), std::string::npos) << outcome.err;
    EXPECT_EQ(outcome.out, "");
  }
};

TEST_F(Connect, BetweenLevelsPrintsWritesAndSaysSoInJson) {
  write("c.toml", small_config() + "[control]\nshuffle = true\n");
  const std::string run = prune("c.toml");
  const Outcome text = connect({"small:2", "small:0"});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_NE(text.out.find("onnected: the barrier on validation"), std::string::npos) << text.out;
  const Outcome outcome = connect({"small:2", "--json", "--points", "5", "--examples", "200"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json json = Json::parse(outcome.out);
  EXPECT_EQ(json["a"]["level"], 2);
  EXPECT_EQ(json["b"]["level"], 0) << "the dense network, where no other is named";
  EXPECT_EQ(json["path"]["alpha"].size(), 7u);
  EXPECT_EQ(json["path"]["validation"]["examples"], 200);
  EXPECT_EQ(json, json_of(run + "/connect/level-02--level-00.json"));
  EXPECT_TRUE(content_of(run + "/connect/level-02--level-00.svg").starts_with("<svg "));
  EXPECT_TRUE(content_of(run + "/connect/level-02--level-00.csv").starts_with("alpha,train_error"));
  const Outcome shuffled = connect({"small:2", "small:shuffle:2", "--any-masks", "--json"});
  EXPECT_EQ(Json::parse(shuffled.out)["masks"], "union") << shuffled.err;
  const Outcome again = connect({"small:2", "--again", "--json"});
  EXPECT_EQ(Json::parse(again.out)["b"]["again"], true) << again.err;
  EXPECT_EQ(Json::parse(again.out), json_of(run + "/connect/level-02--level-02-again.json"));
  EXPECT_NE(connect({"small:2", "--again"}).out.find("Training the copy took"), std::string::npos);
  EXPECT_EQ(coppice({"verify", run}).exit_code, 0);

  expect_refused({"small:2", "small:shuffle:2"}, "--any-masks");
  expect_refused({"small:2", "small:1", "--again"}, "leave out B");
  expect_refused({"small:9"}, "no finished level 9; there are 0 to 3");
  expect_refused({"small:shufle:2"}, "did you mean 'shuffle'");
  expect_refused({"small:r0"}, "'r0' is no level (7), no replicate (r2)");
  expect_refused({":2"}, "names no run");
  expect_refused({"smal_"}, "no run");
  expect_refused({"small", "--set", "seed=2"}, "--set is for configs");
  expect_refused({"small", "--points", "0"}, "--points");
}

TEST_F(Connect, InstabilityOfAConfigResumesAfterKills) {
  write("c.toml", small_config() + "[retrain]\nrewind_to = \"1ep\"\n");
  const std::vector<std::string> command = {"connect", "c.toml", "--from",           "0it,10it,1ep",
                                            "--json",  "--set",  "train.length=40ep"};
  std::vector<std::string> whole = command, cut = command;
  whole.insert(whole.end(), {"--runs", "whole"});
  cut.insert(cut.end(), {"--runs", "cut", "--threads", threads, "--device", "cpu"});
  const Outcome expected = coppice(whole);
  ASSERT_EQ(expected.exit_code, 0) << expected.err;
  std::mt19937 random(1);
  for (int kill = 0; kill < 4; ++kill) {
    Program program(cut, here.folder().string());
    if (!program.runs_for(std::chrono::milliseconds(std::uniform_int_distribution<int>(200, 900)(random))))
      break;
    program.signal(SIGKILL);
    program.wait();
  }
  const Outcome resumed = run_program(cut, here.folder().string());
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  const Json a = Json::parse(expected.out), b = Json::parse(resumed.out);
  EXPECT_EQ(a["steps"], b["steps"]);
  ASSERT_EQ(a["partings"].size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(a["partings"][i]["path"], b["partings"][i]["path"]);
  EXPECT_EQ(b["partings"][2]["step"], a["steps_per_epoch"]);

  expect_refused({"c.toml"}, "a config needs --from");
  expect_refused({"c.toml", "--from", "5"}, "'5' is not a length");
  expect_refused({"c.toml", "--from", "9ep"}, "does not lie before the end");
  expect_refused({"c.toml", "small", "--from", "0it"}, "no second network");
  expect_refused({"gone.toml", "--from", "0it"}, "gone.toml");
}

TEST_F(Connect, ASearchForItsRewindPointResumesAfterKills) {
  write("c.toml", small_config() + "[retrain]\nrewind_to = \"auto\"\n");
  const Outcome plan = coppice({"prune", "c.toml", "--dry-run", "--json"});
  ASSERT_EQ(plan.exit_code, 0) << plan.err;
  EXPECT_EQ(Json::parse(plan.out)["steps"]["rewind"], nullptr);
  EXPECT_EQ(Json::parse(plan.out)["steps"]["total_is"], "upper bound");
  EXPECT_NE(coppice({"prune", "c.toml", "--dry-run"}).out.find("yet to be found, at most"),
            std::string::npos);
  // High rates and many epochs, so that several copies are trained and there is something to kill.
  const std::vector<std::string> more = {"--set", "train.learning_rate=1", "--set", "train.length=60ep"};
  const std::string whole = prune("c.toml", more, "whole");
  std::mt19937 random(2);
  std::vector<std::string> command = {"prune", "c.toml",   "--runs", "cut",          "--threads",
                                      threads, "--device", "cpu",    "--save-every", "0.05"};
  command.insert(command.end(), more.begin(), more.end());
  for (int kill = 0; kill < 5; ++kill) {
    Program program(command, here.folder().string());
    if (!program.runs_for(std::chrono::milliseconds(std::uniform_int_distribution<int>(200, 1200)(random))))
      break;
    program.signal(kill % 2 ? SIGTERM : SIGKILL);
    program.wait();
  }
  const std::string cut = prune("c.toml", more, "cut");
  expect_same_tensors(whole, cut);
  const Json a = json_of(whole + "/stable.json"), b = json_of(cut + "/stable.json");
  EXPECT_EQ(a["step"], b["step"]);
  ASSERT_EQ(a["tried"].size(), b["tried"].size());
  EXPECT_GT(a["tried"].size(), 1u);
  for (std::size_t i = 0; i < a["tried"].size(); ++i) EXPECT_EQ(a["tried"][i]["path"], b["tried"][i]["path"]);
  EXPECT_EQ(json_of(whole + "/ticket.json")["cost"]["rewind_search"]["steps"], a["cost"]["steps"]);
  EXPECT_EQ(coppice({"verify", cut}).exit_code, 0);
}

}  // namespace
}  // namespace coppice
