#include "sparse/bound_way.h"

namespace coppice {

BoundWay bind(const WayContext& context, const Tape& tape, const Step& step, Way way) {
  BoundWay bound;
  std::vector<const float*> inputs;
  for (std::size_t i = 0; i < step.inputs.size(); ++i) {
    bound.buffers.push_back(std::make_shared<Buffer>(tape.value(step.inputs[i], way.in[i])));
    inputs.push_back(bound.buffers.back()->data());
  }
  bound.buffers.push_back(
      std::make_shared<Buffer>(activations(context.program.values[step.output], context.images, way.out)));
  bound.run = [run = way.run, inputs, y = bound.buffers.back()->data()] { run(inputs, y); };
  bound.way = std::move(way);
  return bound;
}

Alternation alternate_anew(const WayContext& context, const Tape& tape, const Step& step,
                           const std::vector<Way>& ways, AlternateOptions options) {
  constexpr int kRounds = 4;
  options.samples = (options.samples + kRounds - 1) / kRounds;
  options.seconds /= kRounds;
  Alternation all;
  all.bootstrap = options.bootstrap;
  for (const Way& way : ways) all.series.push_back({way.kernel, {}, {}});
  for (int round = 0; round < kRounds; ++round) {
    std::vector<BoundWay> bound;
    std::vector<Alternative> alternatives;
    for (const Way& way : ways) {
      bound.push_back(bind(context, tape, step, way));
      alternatives.push_back({way.kernel, bound.back().run});
    }
    const Alternation part = alternate(alternatives, options);
    all.groups.push_back(part.series[0].seconds.size());
    for (std::size_t i = 0; i < ways.size(); ++i) {
      const std::vector<double>& seconds = part.series[i].seconds;
      all.series[i].seconds.insert(all.series[i].seconds.end(), seconds.begin(), seconds.end());
    }
  }
  for (Series& series : all.series) series.time = all.median_of_samples(series.seconds);
  return all;
}

}  // namespace coppice
