#include "coppice/connect.h"
#include "coppice/error.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/interrupt.h"

namespace coppice {

namespace {

template <class T>
void mix(Tensor& out, const Tensor& other, double alpha) {
  const auto to = other.as<T>();
  auto from = out.as<T>();
  for (std::size_t i = 0; i < from.size(); ++i) {
    from[i] = static_cast<T>((1 - alpha) * static_cast<double>(from[i]) + alpha * static_cast<double>(to[i]));
  }
}

void require_alike(const Tensors& a, const Tensors& b) {
  for (const auto& [name, tensor] : a) {
    const auto other = b.find(name);
    if (other == b.end()) throw BadInput(fmt::format("only one of the two networks has a tensor {}", name));
    if (other->second.shape != tensor.shape || other->second.dtype != tensor.dtype)
      throw BadInput(fmt::format("the two networks' tensors {} differ in shape or type", name));
  }
  for (const auto& [name, tensor] : b) {
    if (!a.contains(name)) throw BadInput(fmt::format("only one of the two networks has a tensor {}", name));
  }
}

/// The greatest of some values less the mean of the first and the last.
template <class Value>
double barrier(const std::vector<Tally>& along, const Value& value) {
  if (along.empty()) return 0;
  double highest = value(along.front());
  for (const Tally& tally : along) highest = std::max(highest, value(tally));
  return highest - (value(along.front()) + value(along.back())) / 2;
}

}  // namespace

Tensors interpolate(const Tensors& a, const Tensors& b, double alpha) {
  require_alike(a, b);
  if (alpha == 1) {
    Tensors out = b;
    for (auto& [name, tensor] : out) {
      if (tensor.dtype != DType::kF32 && tensor.dtype != DType::kF64) tensor = a.at(name);
    }
    return out;
  }
  Tensors out = a;
  if (alpha == 0) return out;
  for (auto& [name, tensor] : out) {
    if (tensor.dtype == DType::kF32) mix<float>(tensor, b.at(name), alpha);
    if (tensor.dtype == DType::kF64) mix<double>(tensor, b.at(name), alpha);
  }
  return out;
}

double error(const Tally& tally) {
  const auto wrong = static_cast<double>(tally.examples - tally.correct);
  return tally.examples ? wrong / static_cast<double>(tally.examples) : 0;
}

double PathSplit::error_barrier_pp() const {
  if (along.empty() || along.front().examples == 0) return 0;
  // In whole examples until the end: a barrier of just 2 pp is 2 and not a hair less.
  const double wrong =
      barrier(along, [](const Tally& tally) { return static_cast<double>(tally.examples - tally.correct); });
  return 100 * wrong / static_cast<double>(along.front().examples);
}

double PathSplit::loss_barrier() const {
  return barrier(along, [](const Tally& tally) { return tally.loss(); });
}

LinearPath walk_path(Engine& engine, const Tensors& a, const Tensors& b, const Masks& masks,
                     const std::vector<Split>& splits, int points,
                     const std::function<void(int done, int of)>& on_point) {
  LinearPath path;
  for (const Split split : splits) path.splits.push_back({split, {}});
  const int last = points + 1;
  for (int i = 0; i <= last; ++i) {
    if (interrupted()) throw Interrupted("interrupted on the way between two networks");
    path.alpha.push_back(static_cast<double>(i) / last);
    engine.load(interpolate(a, b, path.alpha.back()), masks, 0, 0);
    for (PathSplit& split : path.splits) split.along.push_back(engine.evaluate(split.split));
    if (on_point) on_point(i + 1, last + 1);
  }
  return path;
}

const PathSplit& deciding(const LinearPath& path) {
  for (const Split split : {Split::kValidation, Split::kTrain}) {
    for (const PathSplit& part : path.splits) {
      if (part.split == split) return part;
    }
  }
  throw Failure("internal: a path on the test set alone decides nothing");
}

bool connected(const LinearPath& path) { return deciding(path).error_barrier_pp() < kConnectedBelowPp; }

std::string split_name(Split split) {
  switch (split) {
    case Split::kTrain: return "train";
    case Split::kValidation: return "validation";
    case Split::kTest: break;
  }
  return "test";
}

}  // namespace coppice
