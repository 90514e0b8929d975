// Routes against brute force, and by hand.
#include "sparse/route.h"

#include "coppice/error.h"

#include <limits>
#include <map>
#include <set>

#include "gtest/gtest.h"
#include "support/random_network.h"

namespace coppice {
namespace {

using Place = std::pair<std::size_t, std::size_t>;  ///< A value in a layout.

/// Conversion times as a table, by value.
using Table = std::vector<std::vector<std::vector<double>>>;

RouteProblem with_table(RouteProblem problem, Table table) {
  problem.convert_seconds = [table = std::move(table)](std::size_t value, std::size_t from, std::size_t to) {
    return table[value][from][to];
  };
  return problem;
}

/// The least time, by trying at each point every conversion and every option. Conversions of a value that
/// nobody reads any more are left out: they only cost.
class BruteForce {
 public:
  explicit BruteForce(const RouteProblem& problem) : problem_(problem) {
    there_.resize(problem.layouts.size());
    there_[0] = {problem.first};
    search(0, 0);
  }
  double least() const { return least_; }

 private:
  bool read_from(std::size_t step, std::size_t value) const {
    for (std::size_t i = step; i < problem_.steps.size(); ++i) {
      for (const std::size_t input : problem_.steps[i].inputs) {
        if (input == value) return true;
      }
    }
    return value == problem_.steps.back().output;
  }

  void search(std::size_t step, double seconds) {
    if (seconds >= least_) return;
    for (std::size_t value = 0; value < there_.size(); ++value) {
      if (there_[value].empty() || !read_from(step, value)) continue;
      for (std::size_t to = 0; to < problem_.layouts[value]; ++to) {
        if (there_[value].contains(to)) continue;
        for (const std::size_t from : std::set(there_[value])) {
          there_[value].insert(to);
          search(step, seconds + problem_.convert_seconds(value, from, to));
          there_[value].erase(to);
        }
      }
    }
    if (step == problem_.steps.size()) {
      if (there_[problem_.steps.back().output].contains(problem_.last)) least_ = seconds;
      return;
    }
    const RouteProblem::Step& next = problem_.steps[step];
    for (const RouteProblem::Option& option : next.options) {
      bool ready = true;
      for (std::size_t i = 0; i < next.inputs.size(); ++i)
        ready = ready && there_[next.inputs[i]].contains(option.in[i]);
      if (!ready) continue;
      there_[next.output] = {option.out};
      search(step + 1, seconds + option.seconds);
      there_[next.output].clear();
    }
  }

  const RouteProblem& problem_;
  std::vector<std::set<std::size_t>> there_;
  double least_ = std::numeric_limits<double>::infinity();
};

/// Goes along a route: it reads only what exists, runs every step once and in order, makes nothing twice,
/// ends where it must, and takes the time that it says.
void check(const RouteProblem& problem, const Route& route) {
  std::set<Place> there = {{0, problem.first}};
  std::size_t next = 0;
  double seconds = 0;
  for (const RouteOp& op : route.ops) {
    if (op.convert) {
      EXPECT_TRUE(there.contains({op.value, op.from}));
      EXPECT_TRUE(there.insert({op.value, op.to}).second);
      seconds += problem.convert_seconds(op.value, op.from, op.to);
      continue;
    }
    ASSERT_EQ(op.step, next++);
    const RouteProblem::Step& step = problem.steps.at(op.step);
    const RouteProblem::Option& option = step.options.at(op.option);
    for (std::size_t i = 0; i < step.inputs.size(); ++i)
      EXPECT_TRUE(there.contains({step.inputs[i], option.in[i]}));
    there.insert({step.output, option.out});
    seconds += option.seconds;
  }
  EXPECT_EQ(next, problem.steps.size());
  EXPECT_TRUE(there.contains({problem.steps.back().output, problem.last}));
  EXPECT_NEAR(seconds, route.seconds, 1e-9);
}

/// A chain in which some steps read an older value too (a residual diamond), or one value twice.
RouteProblem random_problem(std::uint64_t seed) {
  Dice dice(seed, "route");
  RouteProblem problem;
  const auto below = [&](std::size_t n) {
    return static_cast<std::size_t>(dice.between(0, static_cast<std::int64_t>(n) - 1));
  };
  const std::size_t steps = 1 + below(4);
  // Values with four layouts have 64 trees of conversions each: two of them are as much as brute force can.
  for (std::size_t v = 0; v <= steps; ++v)
    problem.layouts.push_back(1 + below(v < 2 ? 4 : steps > 3 ? 2 : 3));
  for (std::size_t i = 0; i < steps; ++i) {
    RouteProblem::Step step{{i}, i + 1, {}};
    if (dice.chance(0.4)) step.inputs.push_back(below(i + 1));
    for (std::size_t options = 1 + below(4); options > 0; --options) {
      RouteProblem::Option option;
      for (const std::size_t input : step.inputs) option.in.push_back(below(problem.layouts[input]));
      option.out = below(problem.layouts[i + 1]);
      option.seconds = dice.uniform(0, 5);
      step.options.push_back(option);
    }
    problem.steps.push_back(step);
  }
  problem.first = below(problem.layouts[0]);
  problem.last = below(problem.layouts[steps]);
  Table table(problem.layouts.size());
  for (std::size_t v = 0; v < table.size(); ++v) {
    table[v].assign(problem.layouts[v], std::vector<double>(problem.layouts[v], 0.0));
    for (auto& from : table[v]) {
      for (double& seconds : from) seconds = dice.uniform(0, 3);
    }
  }
  return with_table(problem, table);
}

TEST(Route, IsTheShortestOfAll) {
  std::map<std::string, int> seen;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    const RouteProblem problem = random_problem(seed);
    const Route route = shortest_route(problem);
    check(problem, route);
    EXPECT_NEAR(route.seconds, BruteForce(problem).least(), 1e-9);
    for (const RouteProblem::Step& step : problem.steps) {
      if (step.inputs.size() == 2) ++seen[step.inputs[0] == step.inputs[1] ? "twice" : "diamond"];
    }
    int conversions = 0;
    for (const RouteOp& op : route.ops) conversions += op.convert;
    ++seen["conversions " + std::to_string(std::min(conversions, 3))];
  }
  for (const char* what :
       {"twice", "diamond", "conversions 0", "conversions 1", "conversions 2", "conversions 3"})
    EXPECT_GE(seen[what], 10) << what;
}

/// Every conversion takes `seconds`.
RouteProblem uniform(std::vector<std::size_t> layouts, std::vector<RouteProblem::Step> steps,
                     double seconds) {
  RouteProblem problem;
  problem.layouts = std::move(layouts);
  problem.steps = std::move(steps);
  problem.convert_seconds = [seconds](std::size_t, std::size_t, std::size_t) { return seconds; };
  return problem;
}

TEST(Route, AConversionThatTwoReadersShareIsPaidOnce) {
  // Both readers of value 1 want layout 1; the first could also read layout 0, for 1.5 more.
  const RouteProblem problem = uniform(
      {1, 2, 1, 1},
      {{{0}, 1, {{{0}, 0, 1}}}, {{1}, 2, {{{1}, 0, 1}, {{0}, 0, 2.5}}}, {{1, 2}, 3, {{{1, 0}, 0, 1}}}}, 2);
  const Route route = shortest_route(problem);
  check(problem, route);
  EXPECT_DOUBLE_EQ(route.seconds, 1 + 2 + 1 + 1);
  ASSERT_EQ(route.ops.size(), 4u);
  EXPECT_EQ(route.ops[1], (RouteOp{.convert = true, .value = 1, .from = 0, .to = 1}));
}

TEST(Route, AKernelThatTakesLongerButSavesTwoConversionsIsTaken) {
  const auto problem = [](double slower) {
    return uniform(
        {1, 2, 2, 1},
        {{{0}, 1, {{{0}, 0, 1}}}, {{1}, 2, {{{1}, 1, 1}, {{0}, 0, slower}}}, {{2}, 3, {{{0}, 0, 1}}}}, 2);
  };
  const Route saves = shortest_route(problem(4.9));
  EXPECT_EQ(saves.ops.size(), 3u);
  EXPECT_EQ(saves.ops[1].option, 1u);
  EXPECT_DOUBLE_EQ(saves.seconds, 6.9);
  const Route converts = shortest_route(problem(5.1));
  EXPECT_EQ(converts.ops.size(), 5u);
  EXPECT_EQ(converts.ops[2].option, 0u);
  EXPECT_DOUBLE_EQ(converts.seconds, 7);
}

TEST(Route, EndsInTheLayoutThatIsAskedFor) {
  RouteProblem problem = uniform({1, 3}, {{{0}, 1, {{{0}, 2, 1}}}}, 2);
  problem.last = 1;
  const Route route = shortest_route(problem);
  ASSERT_EQ(route.ops.size(), 2u);
  EXPECT_EQ(route.ops[1], (RouteOp{.convert = true, .value = 1, .from = 2, .to = 1}));
  EXPECT_DOUBLE_EQ(route.seconds, 3);
}

TEST(Route, ConversionsGoByWayOfAThirdLayoutWhereThatIsShorter) {
  // 0 to 1 takes 10 at once and 2 by way of layout 2, which a later reader wants anyway.
  RouteProblem problem =
      with_table(uniform({3, 1, 1}, {{{0}, 1, {{{1}, 0, 1}}}, {{0, 1}, 2, {{{2, 0}, 0, 1}}}}, 0),
                 {{{0, 10, 1}, {10, 0, 10}, {10, 1, 0}}, {{0}}, {{0}}});
  const Route route = shortest_route(problem);
  check(problem, route);
  EXPECT_DOUBLE_EQ(route.seconds, 4);
}

TEST(Route, AStepThatNothingCanRunIsAFailure) {
  EXPECT_THROW(shortest_route(uniform({1, 1}, {{{0}, 1, {}}}, 1)), Failure);
}

}  // namespace
}  // namespace coppice
