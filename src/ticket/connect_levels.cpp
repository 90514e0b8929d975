#include "coppice/connect.h"
#include "coppice/error.h"

#include <fmt/format.h>

#include "base/libtorch/threads.h"
#include "base/paths.h"
#include "base/text.h"
#include "data/excerpt.h"
#include "ticket/level_end.h"

namespace coppice {

namespace {

void require_same_task(const LevelEnd& a, const LevelEnd& b) {
  for (const char* key : {"sha256", "image", "validation"}) {
    const std::string left = a.data.at(key).dump(), right = b.data.at(key).dump();
    if (left == right) continue;
    throw BadInput(
        fmt::format("{} and {} were trained on different data ({}: {} and {}): held out of one, examples may "
                    "be training examples of the other",
                    a.named.name.run, b.named.name.run, key, left, right));
  }
  if (a.network.nodes != b.network.nodes || a.network.input != b.network.input) {
    throw BadInput(
        fmt::format("{} ({}) and {} ({}) are different networks; a straight line joins two sets of weights "
                    "of the same one",
                    a.named.name.run, a.network.name, b.named.name.run, b.network.name));
  }
}

/// What either keeps.
Masks united(const Masks& a, const Masks& b) {
  Masks out = a;
  for (std::size_t i = 0; i < out.size(); ++i) {
    for (std::int64_t j = 0; j < out[i].mask.size(); ++j) {
      if (b[i].mask.get(j)) out[i].mask.set(j, true);
    }
  }
  return out;
}

Masks masks_between(const LevelEnd& a, const LevelEnd& b, bool any, std::string& kind) {
  kind = a.masks == b.masks ? "same" : "nested";
  if (nested_in(a.masks, b.masks)) return b.masks;
  if (nested_in(b.masks, a.masks)) return a.masks;
  const auto names = [](const Masks& masks) {
    std::vector<std::string> out;
    for (const NamedMask& mask : masks) out.push_back(mask.name);
    return out;
  };
  if (names(a.masks) != names(b.masks)) {
    throw BadInput(fmt::format("{} and {} prune different tensors (prune.exclude): {} and {}",
                               a.named.name.run, b.named.name.run, join(names(a.masks), ", "),
                               join(names(b.masks), ", ")));
  }
  if (!any) {
    throw BadInput(
        fmt::format("neither network's mask lies within the other's (they differ in {:.1f}% of the places): "
                    "those between "
                    "them would keep more weights than either; --any-masks looks at them all the same",
                    100 * distance(a.masks, b.masks)));
  }
  kind = "union";
  return united(a.masks, b.masks);
}

}  // namespace

LinearPath walk_between(const Network& network, const TrainConfig& train, const Data& whole, const Tensors& a,
                        const Tensors& b, const Masks& masks, const ConnectOptions& options,
                        const Device& device) {
  const Data data = data::excerpt(whole, options.examples);
  const auto engine = make_engine(network, data, train, device);
  std::vector<Split> splits;
  for (const Split split : {Split::kTrain, Split::kValidation, Split::kTest}) {
    if (data.count(split) > 0) splits.push_back(split);
  }
  return walk_path(*engine, a, b, masks, splits, options.points, options.on_point);
}

Connection connect_levels(const LevelName& name_a, const LevelName& name_b, const ConnectOptions& options) {
  const LevelEnd a = read_end(name_a), b = read_end(name_b);
  require_same_task(a, b);
  Connection connection{a.named, b.named, {}, {}};
  const Masks masks = masks_between(a, b, options.any_masks, connection.masks);
  const Config config = load_config(RunPaths{name_a.run}.config().string());
  const Device device = resolve_device(options.device, options.threads);
  set_threads(device.threads);
  connection.path = walk_between(a.network, config.train, load_data(config.data), a.tensors, b.tensors, masks,
                                 options, device);
  return connection;
}

}  // namespace coppice
