#include "coppice/error.h"
#include "coppice/prune.h"

#include <fmt/format.h>

#include "base/text.h"

namespace coppice {

Masks full_masks(const Network& network, const std::vector<std::string>& exclude) {
  Masks masks;
  for (const TensorSpec& spec : prunable_tensors(network, exclude))
    masks.push_back({spec.name, Mask::ones(spec.shape)});
  return masks;
}

ShrinkRule shrink_rule(const PruneConfig& config, const Masks& masks) {
  ShrinkRule rule;
  rule.erk = config.scope == "erk";
  rule.global = config.scope == "global" || rule.erk;
  rule.fraction = config.fraction;
  rule.min_per_layer = config.min_per_layer;
  if (config.rules.empty()) return rule;
  rule.per_layer.assign(masks.size(), config.fraction);
  std::vector<bool> decided(masks.size(), false);
  for (const PruneRule& one : config.rules) {
    bool matched = false;
    for (std::size_t i = 0; i < masks.size(); ++i) {
      const std::string& tensor = masks[i].name;
      const std::string node = tensor.substr(0, tensor.rfind('.'));
      if (!matches_glob(one.match, tensor) && !matches_glob(one.match, node)) continue;
      matched = true;
      if (!decided[i]) rule.per_layer[i] = one.fraction;
      decided[i] = true;
    }
    if (!matched) {
      std::vector<std::string> names;
      for (const NamedMask& mask : masks) names.push_back(mask.name.substr(0, mask.name.rfind('.')));
      throw BadInput(fmt::format("prune.rule.match: '{}' matches no prunable layer{} (prunable: {})",
                                 one.match, did_you_mean(one.match, names), join(names, ", ")));
    }
  }
  return rule;
}

void apply_masks(const Masks& masks, Tensors& tensors) {
  for (const NamedMask& named : masks) {
    auto values = tensors.at(named.name).as<float>();
    const std::vector<std::uint8_t> keep = named.mask.unpacked();
    for (std::size_t i = 0; i < keep.size(); ++i) {
      if (!keep[i]) values[i] = 0.0f;
    }
  }
}

std::int64_t nonzero_pruned(const Masks& masks, const Tensors& tensors) {
  std::int64_t count = 0;
  for (const NamedMask& named : masks) {
    const auto values = tensors.at(named.name).as<float>();
    const std::vector<std::uint8_t> keep = named.mask.unpacked();
    for (std::size_t i = 0; i < keep.size(); ++i) count += !keep[i] && values[i] != 0.0f;
  }
  return count;
}

}  // namespace coppice
