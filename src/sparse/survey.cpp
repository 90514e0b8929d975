#include "sparse/survey.h"

#include "coppice/error.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "base/interrupt.h"
#include "kernels/cpu/convert/convert.h"
#include "kernels/luck.h"
#include "measure/alternate.h"
#include "sparse/bound_way.h"
#include "sparse/tape.h"

namespace coppice {

using kernels::Layout;

namespace {

double time_once(const std::function<void()>& run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The activations that the ways of one step read and write, made when first asked for.
class Bench {
 public:
  Bench(const WayContext& context, const Tape& tape, const Step& step)
      : context_(context), tape_(tape), step_(step) {}

  std::function<void()> bind(const Way& way) {
    std::vector<const float*> inputs;
    for (std::size_t i = 0; i < way.in.size(); ++i) inputs.push_back(input(step_.inputs[i], way.in[i]));
    return [run = way.run, inputs, y = output(way.out)] { run(inputs, y); };
  }
  float* output(Layout layout) {
    const auto shape = activations(context_.program.values[step_.output], context_.images, layout);
    return outputs_.try_emplace(key(step_.output, layout), shape).first->second.data();
  }

 private:
  using Key = std::tuple<std::size_t, kernels::Order, std::int64_t>;
  static Key key(std::size_t value, Layout layout) { return {value, layout.order, layout.halo}; }
  const float* input(std::size_t value, Layout layout) {
    const auto found = inputs_.find(key(value, layout));
    if (found != inputs_.end()) return found->second.data();
    return inputs_.emplace(key(value, layout), tape_.value(value, layout)).first->second.data();
  }

  const WayContext& context_;
  const Tape& tape_;
  const Step& step_;
  std::map<Key, Buffer> inputs_, outputs_;
};

std::vector<TimedWay> survey_step(const WayContext& context, const Tape& tape, const Step& step,
                                  const SurveyOptions& options) {
  std::vector<Way> ways = ways_of(context, step);
  Bench bench(context, tape, step);
  std::vector<std::function<void()>> runs;
  std::vector<double> rough;  // the faster of two runs after a first one
  const auto before_run = [&] {
    if (interrupted()) throw Interrupted("interrupted while kernels were timed");
    if (options.before_run) options.before_run();
  };
  const auto time_way = [&] {
    before_run();
    return time_once(runs.back());
  };
  for (const Way& way : ways) {
    runs.push_back(bench.bind(way));
    runs.back()();
    tape.check(step.output, way.out, bench.output(way.out), step.name + " on " + way.text());
    rough.push_back(std::min(time_way(), time_way()));
  }
  // Whose turn it is to be measured well: the best two of each pair of layouts, the best of each kernel.
  std::vector<std::size_t> order(ways.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return rough[a] < rough[b]; });
  std::map<std::string, int> of_pair, of_kernel;
  std::vector<std::size_t> chosen;
  for (const std::size_t i : order) {
    std::string pair = layout_text(ways[i].out);
    for (const Layout in : ways[i].in) pair += " " + layout_text(in);
    if (of_pair[pair]++ < 2 || of_kernel[ways[i].kernel] == 0) chosen.push_back(i);
    ++of_kernel[ways[i].kernel];
  }
  AlternateOptions alternate_options;
  alternate_options.warm = options.before_run ? 0 : kLoop;
  alternate_options.between_runs = before_run;
  alternate_options.bootstrap.resamples = 0;  // medians decide
  // What is so far behind that no luck could have put it there keeps its rough time; the rest is sorted well
  // enough to know whom the last rounds must decide between.
  constexpr double kHopeless = 4, kPart = 0.25;
  constexpr int kSamples = 7;
  std::vector<double> seconds = rough;
  const auto hopeful = static_cast<std::size_t>(std::count_if(
      chosen.begin(), chosen.end(), [&](std::size_t i) { return rough[i] <= kHopeless * rough[chosen[0]]; }));
  alternate_options.samples = kSamples;
  alternate_options.seconds = kPart * options.seconds_per_way * static_cast<double>(hopeful);
  std::vector<Alternative> alternatives;
  for (std::size_t i = 0; i < hopeful; ++i) alternatives.push_back({ways[chosen[i]].text(), runs[chosen[i]]});
  const Alternation all = alternate(alternatives, alternate_options);
  for (std::size_t i = 0; i < hopeful; ++i) seconds[chosen[i]] = all.series[i].time.median;
  // What chance, or where activations lie, may have put before the fastest is measured once more: first all
  // that came close, then the best of each kernel, since the fastest of many is in part the luckiest. A
  // choice must not be slower than what was left.
  const auto measure_again = [&](double close, bool one_of_kernel) {
    std::sort(chosen.begin(), chosen.end(),
              [&](std::size_t x, std::size_t y) { return seconds[x] < seconds[y]; });
    std::set<std::string> kernels;
    std::vector<std::size_t> which;
    std::vector<Way> finalists;
    for (const std::size_t i : chosen) {
      if (seconds[i] > close * seconds[chosen[0]]) break;
      if (!kernels.insert(ways[i].kernel).second && one_of_kernel) continue;
      which.push_back(i);
      finalists.push_back(ways[i]);
    }
    if (which.size() < 2) return;
    alternate_options.samples = 4 * kSamples;
    alternate_options.seconds = options.seconds_per_way * static_cast<double>(which.size());
    const Alternation again = alternate_anew(context, tape, step, finalists, alternate_options);
    std::map<std::string, double> of_the_best;
    for (std::size_t i = 0; i < which.size(); ++i) {
      seconds[which[i]] = again.series[i].time.median;
      of_the_best.try_emplace(ways[which[i]].kernel, seconds[which[i]]);
    }
    if (!one_of_kernel) return;
    for (const std::size_t i : chosen) {  // what was slower than another of its kernel did not become faster
      const auto best = of_the_best.find(ways[i].kernel);
      if (best != of_the_best.end()) seconds[i] = std::max(seconds[i], best->second);
    }
  };
  if (options.seconds_per_way > 0) {
    measure_again(1.15, false);
    measure_again(1.1, true);
  }
  std::vector<TimedWay> timed;
  for (const std::size_t i : chosen) timed.push_back({std::move(ways[i]), seconds[i]});
  favour_dense(timed);
  return timed;
}

}  // namespace

void favour_dense(std::vector<TimedWay>& ways) {
  double dense = std::numeric_limits<double>::infinity();
  for (const TimedWay& one : ways) {
    if (!one.way.sparse) dense = std::min(dense, one.seconds);
  }
  for (TimedWay& one : ways) {
    if (one.way.sparse && one.seconds > kernels::kLuck * dense) one.seconds = std::max(one.seconds, dense);
  }
  std::stable_sort(ways.begin(), ways.end(), [](const TimedWay& x, const TimedWay& y) {
    return std::pair(x.seconds, x.way.sparse) < std::pair(y.seconds, y.way.sparse);
  });
}

Survey survey(const WayContext& context, const float* images, const SurveyOptions& options) {
  const Tape tape(context, images);
  Survey survey;
  for (std::size_t i = 0; i < context.program.steps.size(); ++i) {
    if (options.on_step) options.on_step(i);
    survey.steps.push_back(survey_step(context, tape, context.program.steps[i], options));
  }
  using Shape = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t>;
  std::map<Shape, std::vector<std::vector<double>>> known;  // networks repeat their shapes
  for (std::size_t v = 0; v < context.program.values.size(); ++v) {
    const Value& value = context.program.values[v];
    auto& seconds = known[{value.channels, value.height, value.width, value.halo}];
    if (seconds.empty()) {
      const std::vector<Layout> layouts = layouts_of(value, context.images);
      for (const Layout from : layouts) {
        seconds.emplace_back();
        const auto x = activations(value, context.images, from);
        const Buffer input = tape.value(v, from);
        for (const Layout to : layouts) {
          const auto y = activations(value, context.images, to);
          Buffer output(y);
          const kernels::Conversion conversion(x, y);
          const auto run = [&] { conversion.run(input.data(), output.data(), context.threads); };
          run();
          double best = time_once(run);
          for (int repeat = 0; repeat < 2; ++repeat) best = std::min(best, time_once(run));
          seconds.back().push_back(from == to ? 0 : best);
        }
      }
    }
    survey.convert_seconds.push_back(seconds);
  }
  return survey;
}

}  // namespace coppice
