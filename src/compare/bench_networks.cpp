#include "compare/bench_networks.h"

#include "coppice/plan.h"
#include "coppice/prune.h"
#include "coppice/random.h"

#include <cmath>

#include <fmt/format.h>

namespace coppice {

std::string NetworkCase::text() const {
  return fmt::format("{}, batch {}, {:g}% density, {}", network, batch, 100 * density,
                     global ? "global" : "per layer");
}

std::vector<NetworkCase> network_cases(const std::vector<double>& given, bool quick) {
  const std::vector<double> densities = !given.empty() ? given
                                        : quick        ? std::vector<double>{0.1}
                                                       : std::vector<double>{0.1, 0.05};
  struct Sized {
    const char* network;
    std::int64_t batch;
    bool quick;
  };
  std::vector<NetworkCase> cases;
  for (const Sized& sized :
       {Sized{"lenet-300-100", 1, true}, Sized{"lenet-300-100", 128, true}, Sized{"resnet-20", 1, true},
        Sized{"resnet-20", 16, false}, Sized{"resnet-20", 128, false}, Sized{"vgg-16", 1, false},
        Sized{"vgg-16", 16, false}}) {
    if (quick && !sized.quick) continue;
    for (const double density : densities) {
      for (const bool global : {true, false}) cases.push_back({sized.network, sized.batch, density, global});
    }
  }
  return cases;
}

PrunedNetwork pruned_network(const NetworkCase& what) {
  const Extent image = what.network.starts_with("lenet") ? Extent{1, 28, 28} : Extent{3, 32, 32};
  PrunedNetwork made;
  made.network = build_network(what.network, image, 10);
  made.dense = initialise(made.network, "kaiming-normal", "ones", 1);
  const Masks all = full_masks(made.network, {});
  ShrinkRule rule;
  rule.global = what.global;
  rule.keep_exactly = std::llround(what.density * static_cast<double>(prunable(all)));
  made.masks = shrink(all, score("magnitude", {all, made.dense}), rule);
  made.pruned = made.dense;
  apply_masks(made.masks, made.pruned);
  return made;
}

NetworkTiming time_network(const NetworkCase& what, const Calibration& machine,
                           const BenchSettings& settings) {
  const PrunedNetwork subject = pruned_network(what);
  const Stream stream(1, "bench/images");
  std::vector<float> images(static_cast<std::size_t>(what.batch * subject.network.input.size()));
  for (std::size_t i = 0; i < images.size(); ++i) images[i] = static_cast<float>(stream.normal(i));
  const auto compared = [&](bool force_sparse) {
    PlanOptions options;
    options.batch = what.batch;
    options.threads = settings.threads;
    options.seconds_per_way = settings.seconds_per_way;
    options.force_sparse = force_sparse;
    Plan plan(subject.network, subject.pruned, subject.masks, images.data(), options);
    EnergySettings energy;
    energy.measure = false;
    return compare_model(subject.network, subject.dense, subject.pruned, plan, images.data(), machine,
                         settings.samples, energy);
  };
  return {what, compared(false), compared(true)};
}

}  // namespace coppice
