#include "kernels/cuda/libraries/search.h"

#include <map>
#include <stdexcept>

#include <gtest/gtest.h>

#include "kernels/cuda/error.h"

namespace coppice::kernels {
namespace {

CudaRequest request(const Layer& layer) {
  static const CudaDevice device;
  return {layer, 1, Precision::kFp32, {}, {}, device};
}

Layer layer(bool residual) {
  Layer made;
  made.shape = {.outputs = 4, .channels = 4};
  made.residual = residual;
  return made;
}

/// A runner that counts what it is called with.
class FakeRunner : public LibraryRunner {
 public:
  explicit FakeRunner(std::string name, bool residual = false)
      : LibraryRunner(LibraryTask(request(layer(residual)))), name_(std::move(name)) {}
  std::unique_ptr<CudaRunner> replicate() const override { return nullptr; }
  std::int64_t packed_bytes() const override { return 1; }
  std::string variant() const override { return name_; }
  int runs = 0;

 protected:
  void product(const void*, const void*, void*, CudaStream) override { ++runs; }

 private:
  std::string name_;
};

/// Knows how long each takes: alone in the first round, and among the finalists.
struct FakeTrials : Trials {
  struct Times {
    double glance, alone, last;
  };
  std::map<std::string, Times> times;
  std::vector<std::string> timed;

  double glance(CudaRunner& runner) override {
    if (runner.variant() == "breaks") throw CudaError("it breaks when run");
    return times.at(runner.variant()).glance;
  }
  std::vector<double> seconds(const std::vector<CudaRunner*>& runners) override {
    std::vector<double> result;
    for (CudaRunner* runner : runners) {
      const Times& t = times.at(runner->variant());
      result.push_back(runners.size() == 1 ? t.alone : t.last);
      if (runners.size() == 1) timed.push_back(runner->variant());
    }
    return result;
  }
};

Attempt named(const std::string& name) {
  return [name] { return std::make_unique<FakeRunner>(name); };
}
Attempt refusing(const std::string& why) {
  return [why]() -> std::unique_ptr<LibraryRunner> { throw CudaError(why); };
}

std::string names(const std::vector<std::unique_ptr<LibraryRunner>>& runners) {
  std::string all;
  for (const auto& runner : runners) all += runner->variant() + " ";
  return all;
}

TEST(Search, OffersTheFastestOfTheLastRound) {
  FakeTrials trials;
  trials.times = {{"a", {1, 1, 3}}, {"b", {1, 2, 2}}, {"c", {1, 3, 1}}, {"d", {1, 4, 4}}};
  EXPECT_EQ(names(fastest_of({named("a"), named("b"), named("c"), named("d")}, trials)), "c b a ");
}

TEST(Search, LeavesOutWhatRefusesOrBreaks) {
  FakeTrials trials;
  trials.times = {{"a", {1, 1, 1}}};
  EXPECT_EQ(names(fastest_of({refusing("no"), named("breaks"), named("a")}, trials)), "a ");
}

TEST(Search, ThrowsWhatWasAnsweredFirstWhereNothingIsLeft) {
  FakeTrials trials;
  try {
    fastest_of({refusing("not this"), named("breaks")}, trials);
    FAIL();
  } catch (const CudaError& error) {
    EXPECT_STREQ(error.what(), "no algorithm runs: not this");
  }
  try {
    fastest_of({}, trials);
    FAIL();
  } catch (const CudaError& error) {
    EXPECT_STREQ(error.what(), "no algorithm runs: none is offered");
  }
}

TEST(Search, TimesNothingHopeless) {
  FakeTrials trials;
  trials.times = {{"a", {1, 1, 1}}, {"slow", {3.5, 0, 0}}, {"near", {2.5, 2, 2}}};
  EXPECT_EQ(names(fastest_of({named("a"), named("slow"), named("near")}, trials)), "a near ");
  EXPECT_EQ(trials.timed, (std::vector<std::string>{"a", "near"}));
}

TEST(Search, KeepsTheFastestOfALongList) {
  FakeTrials trials;
  std::vector<Attempt> attempts;
  for (int i = 0; i < 30; ++i) {
    const std::string name = std::to_string(i);
    const double seconds = 1 + (i * 7 % 30) / 30.0;
    trials.times[name] = {1, seconds, seconds};
    attempts.push_back(named(name));
  }
  EXPECT_EQ(names(fastest_of(attempts, trials)), "0 13 26 ");  // 7i mod 30 is 0, 1 and 2
}

TEST(LibraryRunner, ChecksItsPointers) {
  alignas(16) float memory[8] = {};
  FakeRunner plain("plain"), adding("adding", true);
  EXPECT_THROW(plain.run(nullptr, nullptr, memory, nullptr), std::invalid_argument);
  EXPECT_THROW(plain.run(memory, nullptr, nullptr, nullptr), std::invalid_argument);
  EXPECT_THROW(plain.run(memory + 1, nullptr, memory, nullptr), std::invalid_argument);
  EXPECT_THROW(plain.run(memory, nullptr, memory + 2, nullptr), std::invalid_argument);
  EXPECT_THROW(plain.run(memory, memory, memory + 4, nullptr), std::invalid_argument);
  EXPECT_THROW(adding.run(memory, nullptr, memory + 4, nullptr), std::invalid_argument);
  EXPECT_THROW(adding.run(memory, memory + 1, memory + 4, nullptr), std::invalid_argument);
  EXPECT_EQ(plain.runs + adding.runs, 0);
  plain.run(memory, nullptr, memory + 4, nullptr);
  adding.run(memory, memory, memory + 4, nullptr);
  EXPECT_EQ(plain.runs, 1);
  EXPECT_EQ(adding.runs, 1);
}

}  // namespace
}  // namespace coppice::kernels
