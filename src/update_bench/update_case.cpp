#include "update_bench/update_case.h"

#include "coppice/error.h"
#include "coppice/network.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include <fmt/format.h>

#include "base/text.h"
#include "measure/figures.h"

namespace coppice {

namespace {

constexpr const char* kLarge = "6 x 4096x4096";

Extent image_of(const std::string& network) {
  return network.starts_with("lenet") ? Extent{1, 28, 28} : Extent{3, 32, 32};
}

void check_density(double density) {
  if (!(density > 0 && density <= 1))
    throw BadInput(fmt::format("--density {}: is not above 0 and at most 1", density));
}

std::vector<CacheState> caches_of(const UpdateBenchOptions& options) {
  std::vector<CacheState> states;
  for (const CacheState state : {CacheState::kCold, CacheState::kWarm}) {
    const bool asked = std::find(options.caches.begin(), options.caches.end(), cache_state_name(state)) !=
                       options.caches.end();
    if (asked || options.caches.empty()) states.push_back(state);
  }
  for (const std::string& text : options.caches) {
    if (text != "cold" && text != "warm")
      throw BadInput(
          fmt::format("--caches {}: is neither cold nor warm{}", text, did_you_mean(text, {"cold", "warm"})));
  }
  return states;
}

}  // namespace

const char* optimizer_name(UpdateOptimizer optimizer) {
  return optimizer == UpdateOptimizer::kSgd ? "sgd" : "adam";
}

std::string UpdateCase::text() const {
  return fmt::format("{}, {}, {} density, {}", network, optimizer_name(optimizer), density_text(density),
                     cache_state_name(caches));
}

std::vector<UpdateSize> update_sizes(const std::string& network) {
  if (network == kLarge) return std::vector<UpdateSize>(6, {4096 * 4096, true});
  const Network built = build_network(network, image_of(network), 10);
  std::vector<std::string> prunable;
  for (const TensorSpec& spec : prunable_tensors(built, {})) prunable.push_back(spec.name);
  std::vector<UpdateSize> sizes;
  for (const TensorSpec& spec : tensor_specs(built)) {
    if (!spec.trainable()) continue;
    const std::int64_t count =
        std::accumulate(spec.shape.begin(), spec.shape.end(), std::int64_t{1}, std::multiplies<>());
    sizes.push_back({count, std::find(prunable.begin(), prunable.end(), spec.name) != prunable.end()});
  }
  return sizes;
}

std::int64_t elements_of(const std::vector<UpdateSize>& sizes) {
  std::int64_t elements = 0;
  for (const UpdateSize& size : sizes) elements += size.count;
  return elements;
}

std::vector<UpdateCase> update_cases(const UpdateBenchOptions& options) {
  for (const double density : options.densities) check_density(density);
  std::vector<double> densities = options.densities;
  if (densities.empty())
    densities = options.quick ? std::vector<double>{0.1} : std::vector<double>{0.1, 0.02, 1};
  const std::vector<CacheState> caches = caches_of(options);
  std::vector<UpdateCase> cases;
  for (const UpdateOptimizer optimizer : {UpdateOptimizer::kSgd, UpdateOptimizer::kAdam}) {
    for (const CacheState state : caches) {
      for (const std::string network : {kLarge, "resnet-20", "vgg-16", "lenet-300-100"}) {
        const bool fits = network != kLarge && network != "vgg-16";
        if (state == CacheState::kWarm && !fits) continue;
        if (options.quick && (optimizer != UpdateOptimizer::kSgd || state != caches.front())) continue;
        for (const double density : densities) cases.push_back({network, optimizer, density, state});
      }
    }
  }
  return cases;
}

}  // namespace coppice
