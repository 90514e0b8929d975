#include "update_bench/update_data.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace coppice {

namespace {

/// Good enough for values that nobody learns from, and quick: 100 million are drawn for one case.
class QuickRandom {
 public:
  explicit QuickRandom(std::uint64_t seed) : state_(seed) {}
  /// SplitMix64 (Steele, Lea and Flood 2014).
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  float between_ones() { return static_cast<float>(static_cast<std::int64_t>(next()) >> 40) * 0x1p-23f; }
  bool with(double probability) { return static_cast<double>(next() >> 11) * 0x1p-53 < probability; }

 private:
  std::uint64_t state_;
};

/// value - learning_rate * change, of the first step, in FP64; and the change.
struct FirstStep {
  double value, change;
};

FirstStep first_step(UpdateOptimizer optimizer, double value, double gradient) {
  if (optimizer == UpdateOptimizer::kSgd) {
    const double change = kTimedSgd.learning_rate * (gradient + kTimedSgd.weight_decay * value);
    return {value - change, std::abs(change)};
  }
  const kernels::AdamStep step = timed_adam(1);
  const double g = gradient + step.weight_decay * value;
  // Bias corrections of the first step undo the blends.
  const double change = step.learning_rate * g / (std::abs(g) + step.epsilon);
  return {value - change, std::abs(change)};
}

}  // namespace

std::int64_t UpdateData::elements() const {
  std::int64_t elements = 0;
  for (const UpdateTensorData& tensor : tensors) elements += tensor.count();
  return elements;
}

UpdateData draw_update_data(const UpdateCase& what) {
  UpdateData data;
  data.optimizer = what.optimizer;
  std::uint64_t seed = 1;
  for (const UpdateSize& size : update_sizes(what.network)) {
    QuickRandom random(seed++);
    const auto count = static_cast<std::size_t>(size.count);
    UpdateTensorData tensor;
    tensor.value.resize(count);
    tensor.gradient.resize(count);
    if (size.prunable && what.density < 1) tensor.mask.resize((count + 63) / 64);
    for (std::size_t i = 0; i < count; ++i) {
      tensor.value[i] = random.between_ones();
      tensor.gradient[i] = random.between_ones();
      if (tensor.mask.empty()) continue;
      const bool kept = random.with(what.density);
      tensor.mask[i / 64] |= std::uint64_t{kept} << (i % 64);
      if (!kept) tensor.value[i] = 0;
    }
    data.tensors.push_back(std::move(tensor));
  }
  return data;
}

kernels::AdamStep timed_adam(std::int64_t number) {
  kernels::AdamStep step;
  step.learning_rate = 1e-3;
  step.weight_decay = 1e-4;
  step.number = number;
  return step;
}

kernels::UpdateTraffic traffic_of(const UpdateData& data, kernels::Pruned pruned) {
  kernels::UpdateTraffic traffic;
  for (const UpdateTensorData& tensor : data.tensors) {
    traffic += kernels::update_traffic(
        tensor.mask.empty() ? nullptr : tensor.mask.data(), tensor.count(),
        data.optimizer == UpdateOptimizer::kSgd ? kernels::kMomentumSgdArrays : kernels::kAdamArrays,
        kernels::Precision::kFp32, pruned);
  }
  return traffic;
}

std::string wrong_after_a_step(const UpdateData& data, const std::vector<std::vector<float>>& values) {
  constexpr std::int64_t kEnds = 1 << 18;
  for (std::size_t t = 0; t < data.tensors.size(); ++t) {
    const UpdateTensorData& tensor = data.tensors[t];
    if (values[t].size() != tensor.value.size()) return fmt::format("tensor {}: of another size", t);
    for (std::int64_t i = 0; i < tensor.count(); ++i) {
      if (i == kEnds) i = std::max(i, tensor.count() - kEnds);
      const auto at = static_cast<std::size_t>(i);
      const FirstStep step = first_step(data.optimizer, tensor.value[at], tensor.gradient[at]);
      const double want = tensor.kept(i) ? step.value : 0;
      // The value is rounded once; Adam's quotient is of roundings of its own where the gradient is tiny.
      const double allowed = tensor.kept(i) ? 0x1p-23 * std::abs(step.value) + 1e-3 * step.change : 0;
      if (!(std::abs(values[t][at] - want) <= allowed))
        return fmt::format("tensor {}, element {}: {:.9g} instead of {:.9g}", t, i, values[t][at], want);
    }
  }
  return "";
}

}  // namespace coppice
