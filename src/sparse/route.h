#pragma once
#include <cstddef>
#include <functional>
#include <vector>

namespace coppice {

/// The choice of a way for every step of a program, such that all steps and the conversions of layouts
/// between them take the least time together.
struct RouteProblem {
  /// Layouts are numbered by value. What a value is found in once it exists may be converted to others, which
  /// then exist beside it.
  struct Option {
    std::vector<std::size_t> in;  ///< Of each input, the layout.
    std::size_t out = 0;
    double seconds = 0;
  };
  struct Step {
    std::vector<std::size_t> inputs;  ///< Values; the same one may stand twice.
    std::size_t output = 0;
    std::vector<Option> options;
  };
  std::vector<std::size_t> layouts;  ///< By value: how many; at most 8.
  std::vector<Step> steps;           ///< Each value is made by one step, but for value 0.
  std::size_t first = 0;             ///< The layout that value 0 comes in.
  std::size_t last = 0;              ///< The layout that the last step's output must end in.
  std::function<double(std::size_t value, std::size_t from, std::size_t to)> convert_seconds;
};

struct RouteOp {
  bool convert = false;
  std::size_t value = 0, from = 0, to = 0;  ///< Of a conversion.
  std::size_t step = 0, option = 0;         ///< Of a step.
  bool operator==(const RouteOp&) const = default;
};

struct Route {
  std::vector<RouteOp> ops;  ///< In order of execution.
  double seconds = 0;
};

/// Exact: dynamic programming over the steps in order, whose state is the set of layouts in which each value
/// that is still needed exists. A conversion may go by way of a third layout, which others may use later.
/// Throws Failure where a step has no option.
Route shortest_route(const RouteProblem& problem);

}  // namespace coppice
