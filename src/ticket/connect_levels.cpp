#include "coppice/checkpoint.h"
#include "coppice/connect.h"
#include "coppice/error.h"

#include <fmt/format.h>

#include "base/libtorch/threads.h"
#include "base/text.h"
#include "data/excerpt.h"
#include "ticket/record.h"

namespace coppice {

namespace fs = std::filesystem;

namespace {

ReplicatePaths branch_of(const LevelName& name) {
  return RunPaths{name.run}.replicate(name.replicate).branch(name.branch);
}

std::string place_of(const LevelName& name) {
  return fmt::format("{}{}{}", name.run,
                     name.replicate > 1 ? fmt::format(", replicate {}", name.replicate) : "",
                     name.branch.empty() ? "" : ", control " + name.branch);
}

/// Numbers of the levels that are finished there, ascending.
std::vector<std::int64_t> finished(const LevelName& name) {
  std::vector<std::int64_t> levels;
  for (std::int64_t level = name.branch.empty() ? 0 : 1; fs::exists(branch_of(name).level(level).record());
       ++level)
    levels.push_back(level);
  if (levels.empty()) throw BadInput(fmt::format("{}: has no finished level", place_of(name)));
  return levels;
}

std::int64_t level_of(const LevelName& name) {
  const std::vector<std::int64_t> levels = finished(name);
  if (name.level) {
    if (*name.level >= levels.front() && *name.level <= levels.back()) return *name.level;
    throw BadInput(fmt::format("{}: has no finished level {}; there are {} to {}", place_of(name),
                               *name.level, levels.front(), levels.back()));
  }
  const RunPaths paths{name.run};
  const std::int64_t ticket =
      fs::exists(paths.ticket()) ? reading(paths.ticket(), ticket_from_json).level : 0;
  return ticket >= 1 && ticket <= levels.back() ? ticket : levels.back();
}

/// A level with all that a path needs of it.
struct End {
  PathEnd named;
  Network network;
  Tensors tensors;
  Masks masks;
  Json data;  ///< Of run.json.
};

End read_end(const LevelName& name) {
  const RunPaths paths{name.run};
  End end;
  end.data = reading(paths.run(), [](const Json& json) { return json.at("data"); });
  end.named.name = name;
  end.named.name.level = level_of(name);
  const LevelPaths files = branch_of(name).level(*end.named.name.level);
  if (!fs::exists(files.model())) {
    throw BadInput(fmt::format("{}: the weights of level {} were not kept (--keep ticket)", place_of(name),
                               *end.named.name.level));
  }
  Checkpoint checkpoint = read_checkpoint(files.model().string());
  end.network = std::move(checkpoint.network);
  end.tensors = std::move(checkpoint.tensors);
  end.masks = read_masks(files.mask().string());
  end.named.density = reading(files.record(), record_from_json).density.of_prunable;
  return end;
}

void require_same_task(const End& a, const End& b) {
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

Masks masks_between(const End& a, const End& b, bool any, std::string& kind) {
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

Connection connect_levels(const LevelName& name_a, const LevelName& name_b, const ConnectOptions& options) {
  const End a = read_end(name_a), b = read_end(name_b);
  require_same_task(a, b);
  Connection connection{a.named, b.named, {}, {}};
  const Masks masks = masks_between(a, b, options.any_masks, connection.masks);
  const Config config = load_config(RunPaths{name_a.run}.config().string());
  const Device device = resolve_device(options.device, options.threads);
  set_threads(device.threads);
  const Data data = data::excerpt(load_data(config.data), options.examples);
  const auto engine = make_engine(a.network, data, config.train, device);
  std::vector<Split> splits;
  for (const Split split : {Split::kTrain, Split::kValidation, Split::kTest}) {
    if (data.count(split) > 0) splits.push_back(split);
  }
  connection.path = walk_path(*engine, a.tensors, b.tensors, masks, splits, options.points, options.on_point);
  return connection;
}

}  // namespace coppice
