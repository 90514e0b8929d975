// Which way each step takes: survey, route, and the executable that follows from them.
#include "coppice/error.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/interrupt.h"
#include "sparse/plan_content.h"
#include "sparse/route.h"
#include "sparse/survey.h"

namespace coppice {

using kernels::Layout;

namespace {

std::size_t index_of(const std::vector<Layout>& layouts, Layout layout) {
  return static_cast<std::size_t>(std::find(layouts.begin(), layouts.end(), layout) - layouts.begin());
}

/// The survey as a problem of routes. Where sparse is forced, layers have no other options.
RouteProblem route_problem(const WayContext& context, const Survey& found, bool force_sparse) {
  RouteProblem problem;
  std::vector<std::vector<Layout>> layouts;
  for (const Value& value : context.program.values) {
    layouts.push_back(layouts_of(value, context.images));
    problem.layouts.push_back(layouts.back().size());
  }
  for (std::size_t i = 0; i < context.program.steps.size(); ++i) {
    const Step& step = context.program.steps[i];
    RouteProblem::Step made{step.inputs, step.output, {}};
    for (const TimedWay& timed : found.steps[i]) {
      RouteProblem::Option option;
      for (std::size_t j = 0; j < timed.way.in.size(); ++j) {
        option.in.push_back(index_of(layouts[step.inputs[j]], timed.way.in[j]));
      }
      option.out = index_of(layouts[step.output], timed.way.out);
      option.seconds = timed.seconds;
      // An option that must not be taken keeps its number.
      if (force_sparse && step.kind == Step::Kind::kLayer && !timed.way.sparse) option.seconds = 1e30;
      made.options.push_back(std::move(option));
    }
    problem.steps.push_back(std::move(made));
  }
  problem.first = index_of(layouts[0], kAsPytorch);
  problem.last = index_of(layouts[context.program.steps.back().output], kAsPytorch);
  problem.convert_seconds = [&found](std::size_t value, std::size_t from, std::size_t to) {
    return found.convert_seconds[value][from][to];
  };
  return problem;
}

}  // namespace

PlannedRoute plan_route(const WayContext& context, const float* images, const PlanOptions& options,
                        std::vector<Way>& ways) {
  SurveyOptions survey_options;
  survey_options.seconds_per_way = options.seconds_per_way;
  survey_options.on_step = [&](std::size_t step) {
    if (interrupted()) throw Interrupted("interrupted while kernels were timed");
    if (options.on_step) options.on_step(step, context.program.steps.size());
  };
  Survey found = survey(context, images, survey_options);
  const Route route = shortest_route(route_problem(context, found, options.force_sparse));
  PlannedRoute planned;
  planned.steps.resize(context.program.steps.size());
  ways.resize(context.program.steps.size());
  for (const RouteOp& op : route.ops) {
    if (op.convert) {
      const auto layouts = layouts_of(context.program.values[op.value], context.images);
      planned.route.push_back({true, 0, op.value, layouts[op.from], layouts[op.to]});
    } else {
      planned.route.push_back({false, op.step, 0, {}, {}});
      planned.steps[op.step].chosen = op.option;
      ways[op.step] = found.steps[op.step][op.option].way;
    }
  }
  for (std::size_t i = 0; i < found.steps.size(); ++i) {
    for (const TimedWay& timed : found.steps[i]) {
      const Way& way = timed.way;
      planned.steps[i].ways.push_back({way.kernel, way.variant, way.sparse, way.in, way.out, timed.seconds});
    }
  }
  return planned;
}

std::unique_ptr<Executable> build(const WayContext& context, const PlannedRoute& planned,
                                  const std::vector<Way>& ways) {
  std::vector<PlanOp> ops;
  for (const RouteLine& line : planned.route) {
    PlanOp op;
    op.convert = line.convert;
    op.value = line.value;
    op.from = line.from;
    op.to = line.to;
    op.step = line.step;
    if (!line.convert) op.way = ways[line.step];
    ops.push_back(std::move(op));
  }
  return std::make_unique<Executable>(context.program, context.images, context.threads, std::move(ops));
}

std::vector<Way> find_ways(const WayContext& context, const PlannedRoute& planned) {
  std::vector<Way> ways;
  for (std::size_t i = 0; i < planned.steps.size(); ++i) {
    const PlannedStep& step = planned.steps[i];
    const KnownWay& known = step.ways[step.chosen];
    auto way = find_way(context, context.program.steps[i], known);
    if (!way)
      throw BadInput(fmt::format("{} is not to be had for {}", known.kernel, context.program.steps[i].name));
    ways.push_back(std::move(*way));
  }
  return ways;
}

}  // namespace coppice
