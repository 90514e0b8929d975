#include "coppice/plan.h"

#include "coppice/error.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "base/files.h"
#include "base/interrupt.h"
#include "measure/alternate.h"
#include "sparse/checks.h"
#include "sparse/peers.h"
#include "sparse/plan_content.h"
#include "sparse/route.h"
#include "sparse/survey.h"

namespace coppice {

using kernels::Layout;

namespace {

constexpr Layout kAsPytorch = {kernels::Order::kPlain, 0};

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
      option.seconds = timed.seconds.median;
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

/// Surveys, and takes the shortest route. The ways that it needs are left in `ways`, by step.
Decision decide(const WayContext& context, const float* images, const PlanOptions& options,
                std::vector<Way>& ways) {
  SurveyOptions survey_options;
  survey_options.seconds_per_way = options.seconds_per_way;
  survey_options.on_step = [&](std::size_t step) {
    if (interrupted()) throw Interrupted("interrupted while kernels were timed");
    if (options.on_step) options.on_step(step, context.program.steps.size());
  };
  Survey found = survey(context, images, survey_options);
  const Route route = shortest_route(route_problem(context, found, options.force_sparse));
  Decision decision;
  decision.steps.resize(context.program.steps.size());
  ways.resize(context.program.steps.size());
  for (const RouteOp& op : route.ops) {
    if (op.convert) {
      const auto layouts = layouts_of(context.program.values[op.value], context.images);
      decision.route.push_back({true, 0, op.value, layouts[op.from], layouts[op.to]});
    } else {
      decision.route.push_back({false, op.step, 0, {}, {}});
      decision.steps[op.step].chosen = op.option;
      ways[op.step] = found.steps[op.step][op.option].way;
    }
  }
  for (std::size_t i = 0; i < found.steps.size(); ++i) {
    for (const TimedWay& timed : found.steps[i]) {
      const Way& way = timed.way;
      decision.steps[i].ways.push_back(
          {way.kernel, way.variant, way.sparse, way.in, way.out, timed.seconds.median});
    }
  }
  return decision;
}

std::unique_ptr<Executable> build(const WayContext& context, const Decision& decision,
                                  const std::vector<Way>& ways) {
  std::vector<PlanOp> ops;
  for (const RouteLine& line : decision.route) {
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

std::vector<Way> find_ways(const WayContext& context, const Decision& decision) {
  std::vector<Way> ways;
  for (std::size_t i = 0; i < decision.steps.size(); ++i) {
    const PlannedStep& planned = decision.steps[i];
    const KnownWay& known = planned.ways[planned.chosen];
    auto way = find_way(context, context.program.steps[i], known);
    if (!way)
      throw BadInput(fmt::format("{} is not to be had for {}", known.kernel, context.program.steps[i].name));
    ways.push_back(std::move(*way));
  }
  return ways;
}

/// Keeps the decision in the cache; where that fails a note says so, for the plan itself is as good.
void keep(Plan::Content& content, const std::string& key) {
  if (content.options.cache.empty()) return;
  try {
    write_file_atomically(content.options.cache, plan_to_json(key, *content.program, content.decision));
  } catch (const Failure& error) {
    if (!content.note.empty()) content.note += "; ";
    content.note += fmt::format("could not keep the plan: {}", error.what());
  }
}

/// Times the route beside every dense library's way to run the whole network, and notes the fastest.
void compare_whole(Plan::Content& content, const float* images) {
  const PlanOptions& options = content.options;
  auto dense = dense_networks(*content.program, options.batch);
  std::vector<float> logits(static_cast<std::size_t>(options.batch * content.slim.network.classes));
  std::vector<Alternative> alternatives = {
      {kSparsePlan, [&] { content.executable->run(images, logits.data()); }}};
  for (const auto& network : dense) {
    alternatives.push_back(
        {network->name(), [&, ways = network.get()] { ways->run(images, logits.data()); }});
  }
  AlternateOptions alternate_options;
  alternate_options.warmup = 2;
  alternate_options.samples = 7;
  alternate_options.seconds = options.seconds_per_way * static_cast<double>(alternatives.size());
  const Alternation timed = alternate(alternatives, alternate_options);
  double least = 0;
  for (std::size_t i = 0; i < timed.series.size(); ++i) {
    const double seconds = timed.series[i].time.median;
    content.decision.whole.push_back({timed.series[i].name, seconds});
    if (i > 0 && (seconds >= least || options.force_sparse)) continue;
    least = seconds;
    content.decision.runs = timed.series[i].name;
  }
}

/// The decision of the cache and what it needs to run; false, and a note, where there is none to use.
bool restore(Plan::Content& content, const WayContext& context, const std::string& key) {
  const std::string& cache = content.options.cache;
  std::error_code unseen;  // then reading it says why
  if (cache.empty() || (!std::filesystem::exists(cache, unseen) && !unseen)) return false;
  try {
    content.decision = plan_from_json(read_file(cache), key, *content.program, context.images);
    content.executable = build(context, content.decision, find_ways(context, content.decision));
    content.from_cache = true;
  } catch (const Error& error) {
    content.note = fmt::format("made the plan anew, for {} is of no use here: {}", cache, error.what());
    content.decision = {};
  }
  return content.from_cache;
}

}  // namespace

Plan::Plan(const Network& network, const Tensors& tensors, const Masks& masks, const float* images,
           const PlanOptions& options)
    : content_(std::make_unique<Content>()) {
  if (options.batch < 1)
    throw BadInput(fmt::format("a batch of {} images cannot be run; at least 1", options.batch));
  if (options.threads < 1)
    throw BadInput(fmt::format("{} threads cannot run anything; at least 1", options.threads));
  check_masks(masks, tensors, "the network");
  Content& content = *content_;
  content.options = options;
  content.slim = remove_dead_units(network, tensors, masks);
  content.program = std::make_shared<Program>(compile_program(content.slim.network, content.slim.tensors));
  const WayContext context{*content.program, options.batch, options.threads, all_candidates()};
  const std::string key = plan_key(content.slim, options);
  if (!restore(content, context, key)) {
    std::vector<Way> ways;
    content.decision = decide(context, images, options, ways);
    content.executable = build(context, content.decision, ways);
    compare_whole(content, images);
    keep(content, key);
  }
  if (content.decision.runs == kSparsePlan) return;
  for (auto& network_way : dense_networks(*content.program, options.batch)) {
    if (network_way->name() == content.decision.runs) content.dense = std::move(network_way);
  }
  if (!content.dense) throw Failure(fmt::format("internal: {} is gone", content.decision.runs));
}

Plan::~Plan() = default;
Plan::Plan(Plan&&) noexcept = default;
Plan& Plan::operator=(Plan&&) noexcept = default;

void Plan::run(const float* images, float* logits) {
  if (content_->dense) return content_->dense->run(images, logits);
  content_->executable->run(images, logits);
}

std::int64_t Plan::batch() const { return content_->options.batch; }
std::string Plan::runs() const { return content_->decision.runs; }
std::string Plan::note() const { return content_->note; }
bool Plan::from_cache() const { return content_->from_cache; }
std::int64_t Plan::packed_bytes() const { return content_->executable->packed_bytes(); }
std::int64_t Plan::activation_bytes() const { return content_->executable->activation_bytes(); }

}  // namespace coppice
