// Killed, stopped or locked out at any moment: the same command ends in the same bytes.
#include <random>

#include "e2e/fixture.h"

namespace coppice {
namespace {

using std::chrono::milliseconds;

class Resume : public Search {
 protected:
  Resume() { threads = "2"; }

  /// Some seconds of training, an evaluation every few steps, BatchNorm and momentum where LibTorch
  /// trains.
  static std::string longer_config(bool libtorch) {
    std::string text = R"(name = "longer"
[data]
dataset = "synthetic"
synthetic_shape = [1, 12, 12]
synthetic_classes = 4
synthetic_examples = 6000
validation = 500
augment = "flip-crop"
[train]
length = ")" + std::string(libtorch ? "4ep" : "20ep") +
                       R"("
batch = 32
momentum = 0.9
learning_rate = 0.05
evaluate = "50it"
[prune]
levels = 3
[retrain]
rewind_to = "20it"
)";
    if (!libtorch) return text + "[model]\nname = \"lenet-300-100\"\n";
    return text + R"([[model.layers]]
op = "conv"
name = "c1"
out = 8
kernel = 3
padding = 1
bias = false
[[model.layers]]
op = "batch_norm"
name = "b1"
[[model.layers]]
op = "relu"
name = "r1"
[[model.layers]]
op = "max_pool"
name = "p1"
kernel = 2
[[model.layers]]
op = "flatten"
name = "f1"
[[model.layers]]
op = "dropout"
name = "d1"
rate = 0.2
[[model.layers]]
op = "linear"
name = "fc"
out = 4
)";
  }

  std::vector<std::string> command(const std::string& runs) const {
    return {"prune", "c.toml",   "--json", "--runs",       runs, "--threads",
            threads, "--device", "cpu",    "--save-every", "0.1"};
  }

  /// Kills with `number` after random times until the search ends by itself; returns how often it was
  /// interrupted.
  int interrupt_until_done(int number, int at_least, std::uint32_t seed) {
    std::mt19937 random(seed);
    const std::string folder = here.folder().string();
    int interrupted = 0;
    for (int attempt = 0; attempt < 60; ++attempt) {
      Program program(command("killed"), folder);
      // Beyond the kills asked for, let it finish.
      const int longest = interrupted < at_least ? 1500 : 600000;
      if (!program.runs_for(
              milliseconds(std::uniform_int_distribution<int>(longest / 10, longest)(random)))) {
        const Outcome outcome = program.wait();
        EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
        return interrupted;
      }
      program.signal(number);
      const Outcome outcome = program.wait();
      if (outcome.exit_code == 0) return interrupted;
      // A signal may also come before main() could ask to be told of it, and so before there was anything to
      // save.
      const bool died = outcome.exit_code == 128 + number && (number == SIGKILL || outcome.err.empty());
      EXPECT_TRUE(died || (number != SIGKILL && outcome.exit_code == 130))
          << outcome.exit_code << outcome.err;
      ++interrupted;
    }
    ADD_FAILURE() << "did not finish";
    return interrupted;
  }

  void compare(int number, bool libtorch, int kills, std::uint32_t seed) {
    write("c.toml", longer_config(libtorch));
    const std::string whole = prune("c.toml", {}, "whole");
    EXPECT_GE(interrupt_until_done(number, kills, seed), std::min(kills, 2));
    const std::string killed = prune("c.toml", {}, "killed");
    expect_same_tensors(whole, killed);
    for (const char* level :
         {"/level-00", "/level-01", "/level-02", "/level-03"}) {  // the record is cut back, too
      EXPECT_EQ(content_of(whole + level + "/metrics.jsonl"), content_of(killed + level + "/metrics.jsonl"))
          << level;
    }
    EXPECT_EQ(coppice({"verify", killed}).exit_code, 0);
  }
};

TEST_F(Resume, KilledSearchEndsInTheSameBytes) { compare(SIGKILL, false, 3, 1); }
TEST_F(Resume, StoppedSearchEndsInTheSameBytes) { compare(SIGTERM, false, 3, 2); }
TEST_F(Resume, StoppedLibTorchSearchEndsInTheSameBytes) { compare(SIGINT, true, 3, 3); }
TEST_F(Resume, SlowTenKills) { compare(SIGKILL, false, 10, 4); }
TEST_F(Resume, SlowTenKillsOfLibTorch) { compare(SIGKILL, true, 10, 5); }

TEST_F(Resume, KilledControlsEndInTheSameBytes) {
  std::string text = longer_config(false);
  text.replace(text.find("levels = 3"), 10, "levels = 1");
  text += "[control]\nreinit = true\nshuffle = true\n";
  write("c.toml", text);
  const std::string whole = prune("c.toml", {}, "whole");
  EXPECT_GE(interrupt_until_done(SIGKILL, 3, 5), 2);
  const std::string killed = prune("c.toml", {}, "killed");
  expect_same_tensors(whole, killed);
  for (const char* level : {"/control-reinit/level-01", "/control-shuffle/level-01"}) {
    EXPECT_EQ(content_of(whole + level + "/metrics.jsonl"), content_of(killed + level + "/metrics.jsonl"));
  }
  EXPECT_EQ(coppice({"verify", killed}).exit_code, 0);
}

TEST_F(Resume, OneProcessAtATime) {
  write("c.toml", longer_config(false));
  const std::string folder = here.folder().string();
  std::vector<std::string> long_one = command("runs");
  long_one.insert(long_one.end(), {"--set", "train.length=100000ep"});
  Program first(long_one, folder);
  // Wait until it has begun to train.
  for (int i = 0; i < 3000 && !std::filesystem::exists(here / "runs"); ++i) first.runs_for(milliseconds(10));
  first.runs_for(milliseconds(500));
  const Outcome second = run_program(long_one, folder);
  EXPECT_EQ(second.exit_code, 2);
  EXPECT_NE(second.err.find("is working on this run"), std::string::npos) << second.err;
  first.signal(SIGTERM);
  EXPECT_EQ(first.wait().exit_code, 130);
}

}  // namespace
}  // namespace coppice
