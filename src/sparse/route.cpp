#include "sparse/route.h"

#include "coppice/error.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>

namespace coppice {

namespace {

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

/// By value: bit l is 1 where the value exists in layout l. Values that nobody will read are 0.
using State = std::vector<std::uint16_t>;

/// How a state was reached, as a chain back to the beginning.
struct Link {
  std::size_t before = kNone;
  std::vector<RouteOp> ops;
};

struct Reached {
  double seconds = 0;
  std::size_t link = kNone;
};

/// A set of layouts that conversions lead to: the least time, and the conversion that completed it.
struct Extended {
  double seconds = std::numeric_limits<double>::infinity();
  std::size_t from = kNone, to = kNone;
};

/// By set of layouts: how conversions of a value get there from the set in which it exists.
std::vector<Extended> extensions(const RouteProblem& problem, std::size_t value, std::size_t start) {
  const std::size_t layouts = problem.layouts[value];
  std::vector<Extended> reached(std::size_t{1} << layouts);
  reached[start].seconds = 0;
  for (std::size_t set = start; set < reached.size(); ++set) {  // conversions lead to greater numbers
    for (std::size_t from = 0; from < layouts; ++from) {
      for (std::size_t to = 0; (set >> from & 1) && to < layouts; ++to) {
        if (set >> to & 1) continue;
        const double seconds = reached[set].seconds + problem.convert_seconds(value, from, to);
        Extended& next = reached[set | std::size_t{1} << to];
        if (seconds < next.seconds) next = {seconds, from, to};
      }
    }
  }
  return reached;
}

/// A route so far, while the inputs of a step are seen to.
struct Branch {
  State state;
  double seconds = 0;
  std::vector<RouteOp> ops;
};

/// The branches in which `value` also exists in the layouts `wanted`, with all conversions that could not as
/// well wait for a later reader.
std::vector<Branch> with_layouts(const RouteProblem& problem, const Branch& branch, std::size_t value,
                                 std::size_t wanted) {
  const std::size_t start = branch.state[value];
  if ((start & wanted) == wanted) return {branch};
  const std::vector<Extended> reached = extensions(problem, value, start);
  std::vector<Branch> branches;
  for (std::size_t set = 0; set < reached.size(); ++set) {
    const bool enough = (set & (start | wanted)) == (start | wanted);
    if (!enough || reached[set].to == kNone || !(wanted >> reached[set].to & 1)) continue;
    Branch next = branch;
    next.state[value] = static_cast<std::uint16_t>(set);
    next.seconds += reached[set].seconds;
    std::vector<RouteOp> conversions;
    for (std::size_t at = set; at != start; at &= ~(std::size_t{1} << reached[at].to)) {
      conversions.push_back(
          {.convert = true, .value = value, .from = reached[at].from, .to = reached[at].to});
    }
    next.ops.insert(next.ops.end(), conversions.rbegin(), conversions.rend());
    branches.push_back(std::move(next));
  }
  return branches;
}

}  // namespace

Route shortest_route(const RouteProblem& problem) {
  std::vector<std::size_t> last_read(problem.layouts.size(), kNone);
  for (std::size_t i = 0; i < problem.steps.size(); ++i) {
    for (const std::size_t value : problem.steps[i].inputs) last_read[value] = i;
  }
  const std::size_t output = problem.steps.empty() ? 0 : problem.steps.back().output;
  last_read[output] = problem.steps.size();

  std::vector<Link> links;
  State start(problem.layouts.size(), 0);
  start[0] = static_cast<std::uint16_t>(1u << problem.first);
  std::map<State, Reached> states = {{start, {0, kNone}}};
  for (std::size_t i = 0; i < problem.steps.size(); ++i) {
    const RouteProblem::Step& step = problem.steps[i];
    if (step.options.empty()) throw Failure("internal: a step that nothing can run");
    std::map<State, Reached> next;
    for (const auto& [state, reached] : states) {
      for (std::size_t o = 0; o < step.options.size(); ++o) {
        const RouteProblem::Option& option = step.options[o];
        std::vector<Branch> branches = {{state, reached.seconds + option.seconds, {}}};
        for (std::size_t j = 0; j < step.inputs.size(); ++j) {
          std::size_t wanted = 0;  // by all inputs that are this value
          for (std::size_t k = 0; k < step.inputs.size(); ++k) {
            if (step.inputs[k] == step.inputs[j]) wanted |= std::size_t{1} << option.in[k];
          }
          std::vector<Branch> ready;
          for (const Branch& branch : branches) {
            for (Branch& made : with_layouts(problem, branch, step.inputs[j], wanted)) {
              ready.push_back(std::move(made));
            }
          }
          branches = std::move(ready);
        }
        for (Branch& branch : branches) {
          branch.ops.push_back({.step = i, .option = o});
          for (const std::size_t value : step.inputs) {
            if (last_read[value] == i) branch.state[value] = 0;
          }
          branch.state[step.output] = static_cast<std::uint16_t>(1u << option.out);
          const auto [place, is_new] = next.try_emplace(
              std::move(branch.state), Reached{std::numeric_limits<double>::infinity(), kNone});
          if (branch.seconds < place->second.seconds) {
            links.push_back({reached.link, std::move(branch.ops)});
            place->second = {branch.seconds, links.size() - 1};
          }
        }
      }
    }
    states = std::move(next);
  }

  Route best;
  best.seconds = std::numeric_limits<double>::infinity();
  std::size_t link = kNone;
  std::vector<RouteOp> last_conversions;
  for (const auto& [state, reached] : states) {
    const Branch here{state, reached.seconds, {}};
    for (Branch& end : with_layouts(problem, here, output, std::size_t{1} << problem.last)) {
      if (end.seconds >= best.seconds) continue;
      best.seconds = end.seconds;
      link = reached.link;
      last_conversions = std::move(end.ops);
    }
  }
  std::vector<const Link*> chain;
  for (; link != kNone; link = links[link].before) chain.push_back(&links[link]);
  for (auto it = chain.rbegin(); it != chain.rend(); ++it) {
    best.ops.insert(best.ops.end(), (*it)->ops.begin(), (*it)->ops.end());
  }
  best.ops.insert(best.ops.end(), last_conversions.begin(), last_conversions.end());
  return best;
}

}  // namespace coppice
