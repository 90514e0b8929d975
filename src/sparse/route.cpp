#include "sparse/route.h"

#include "coppice/error.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>

namespace coppice {

namespace {

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

/// By value: bit l is 1 where the value exists in layout l. Values that nobody will read are 0.
using State = std::vector<std::uint8_t>;

/// How a state was reached, as a chain back to the beginning.
struct Link {
  std::size_t before = kNone;
  std::vector<RouteOp> ops;
};

struct Reached {
  double seconds = 0;
  std::size_t link = kNone;
};

/// The cheapest conversion into `layout` from where the value exists; none where it is there already.
std::optional<RouteOp> conversion(const RouteProblem& problem, const State& state, std::size_t value,
                                  std::size_t layout, double& seconds) {
  if (state[value] >> layout & 1) return std::nullopt;
  RouteOp best{.convert = true, .value = value, .from = kNone, .to = layout};
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t from = 0; from < problem.layouts[value]; ++from) {
    if (!(state[value] >> from & 1)) continue;
    const double took = problem.convert_seconds(value, from, layout);
    if (took < least) {
      least = took;
      best.from = from;
    }
  }
  seconds += least;
  return best;
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
  start[0] = static_cast<std::uint8_t>(1u << problem.first);
  std::map<State, Reached> states = {{start, {0, kNone}}};
  for (std::size_t i = 0; i < problem.steps.size(); ++i) {
    const RouteProblem::Step& step = problem.steps[i];
    if (step.options.empty()) throw Failure("internal: a step that nothing can run");
    std::map<State, Reached> next;
    for (const auto& [state, reached] : states) {
      for (std::size_t o = 0; o < step.options.size(); ++o) {
        const RouteProblem::Option& option = step.options[o];
        State after = state;
        double seconds = reached.seconds + option.seconds;
        std::vector<RouteOp> ops;
        for (std::size_t j = 0; j < step.inputs.size(); ++j) {
          if (const auto convert = conversion(problem, after, step.inputs[j], option.in[j], seconds)) {
            ops.push_back(*convert);
            after[step.inputs[j]] = static_cast<std::uint8_t>(after[step.inputs[j]] | 1u << option.in[j]);
          }
        }
        ops.push_back({.step = i, .option = o});
        for (const std::size_t value : step.inputs) {
          if (last_read[value] == i) after[value] = 0;
        }
        after[step.output] = static_cast<std::uint8_t>(1u << option.out);
        const auto [place, is_new] =
            next.try_emplace(after, Reached{std::numeric_limits<double>::infinity(), kNone});
        if (seconds < place->second.seconds) {
          links.push_back({reached.link, std::move(ops)});
          place->second = {seconds, links.size() - 1};
        }
      }
    }
    states = std::move(next);
  }

  Route best;
  best.seconds = std::numeric_limits<double>::infinity();
  std::size_t link = kNone;
  std::optional<RouteOp> final_conversion;
  for (const auto& [state, reached] : states) {
    double seconds = reached.seconds;
    const auto convert = conversion(problem, state, output, problem.last, seconds);
    if (seconds >= best.seconds) continue;
    best.seconds = seconds;
    link = reached.link;
    final_conversion = convert;
  }
  std::vector<const Link*> chain;
  for (; link != kNone; link = links[link].before) chain.push_back(&links[link]);
  for (auto it = chain.rbegin(); it != chain.rend(); ++it) {
    best.ops.insert(best.ops.end(), (*it)->ops.begin(), (*it)->ops.end());
  }
  if (final_conversion) best.ops.push_back(*final_conversion);
  return best;
}

}  // namespace coppice
