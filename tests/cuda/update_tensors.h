// Tensors for the masked update, on the host and on the device.
#pragma once
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "kernels/cuda/bf16.h"
#include "kernels/cuda/masked_update/masked_update.h"
#include "kernels/cuda/memory.h"

namespace coppice::kernels::update_cases {

enum class Kind { kStateless, kFresh, kMomentum, kAdam };
inline constexpr Kind kKinds[] = {Kind::kStateless, Kind::kFresh, Kind::kMomentum, Kind::kAdam};
inline int states_of(Kind kind) { return kind == Kind::kStateless ? 0 : kind == Kind::kAdam ? 2 : 1; }

enum class Pattern { kNull, kNone, kAll, kHalf, kSparse, kOctets };
inline constexpr Pattern kPatterns[] = {Pattern::kNull, Pattern::kNone,   Pattern::kAll,
                                        Pattern::kHalf, Pattern::kSparse, Pattern::kOctets};

struct TensorCase {
  std::int64_t count = 0;
  Pattern pattern = Pattern::kHalf;
  int offset =
      0;  ///< Elements from the beginning of the buffers: 4-byte aligned where it is no multiple of 4.
};

struct NetworkCase {
  std::vector<TensorCase> tensors;
  Kind kind = Kind::kMomentum;
  UpdateOptions options;
  bool planned = false;
  Pruned pruned = Pruned::kAnything;
  int steps = 2;
  std::int64_t slack = 0;  ///< Elements behind the arrays that belong to the buffers.
};

/// A tensor's arrays, on the host: value, states, and the gradient of every step.
struct HostTensor {
  std::vector<float> arrays[3];
  std::vector<float> gradient;
  std::vector<std::uint64_t> mask;
  bool kept(std::int64_t i) const {
    return mask.empty() || (mask[static_cast<std::size_t>(i / 64)] >> (i % 64) & 1) != 0;
  }
  /// Of eight elements side by side, in one tensor, none.
  bool octet_kept(std::int64_t i) const {
    for (std::int64_t j = i / 8 * 8; j < std::min<std::int64_t>(i / 8 * 8 + 8, std::ssize(gradient)); ++j) {
      if (kept(j)) return true;
    }
    return false;
  }
};

inline std::vector<std::uint64_t> draw_mask(const TensorCase& c, std::mt19937_64& random) {
  if (c.pattern == Pattern::kNull) return {};
  std::vector<std::uint64_t> words(static_cast<std::size_t>((c.count + 63) / 64));
  for (std::uint64_t& word : words) {
    switch (c.pattern) {
      case Pattern::kNull:
      case Pattern::kNone: break;
      case Pattern::kAll: word = ~std::uint64_t{0}; break;
      case Pattern::kHalf: word = random(); break;
      case Pattern::kSparse: word = random() & random() & random() & random(); break;
      case Pattern::kOctets:
        for (int octet = 0; octet < 8; ++octet)
          word |= random() % 2 ? (std::uint64_t{random() & 0xff} << (8 * octet)) : 0;
        break;
    }
  }
  return words;
}

inline float rounded(float value, Precision precision) {
  return precision == Precision::kBf16 ? from_bf16(to_bf16(value)) : value;
}

inline HostTensor draw_tensor(const TensorCase& c, const NetworkCase& network, std::mt19937_64& random) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN(),
                  kInf = std::numeric_limits<float>::infinity();
  constexpr float kOdd[] = {kNan, kInf, -kInf, -0.0f, 1e38f};
  std::uniform_real_distribution<float> uniform(-1, 1);
  HostTensor t;
  t.mask = draw_mask(c, random);
  const auto count = static_cast<std::size_t>(c.count);
  t.gradient.resize(count);
  for (auto& array : t.arrays) array.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    t.gradient[i] = rounded(uniform(random), network.options.gradients);
    t.arrays[0][i] = uniform(random);
    t.arrays[1][i] = uniform(random);
    t.arrays[2][i] = std::abs(uniform(random));
    if (t.kept(static_cast<std::int64_t>(i))) {
      if (random() % 97 == 0) t.gradient[i] = kNan;
      continue;
    }
    t.gradient[i] = rounded(kOdd[random() % 5], network.options.gradients);
    for (auto& array : t.arrays) array[i] = network.pruned == Pruned::kZero ? 0 : kOdd[random() % 5];
  }
  return t;
}

/// Arrays on the device, and what of the buffers belongs to none.
class Arrays {
 public:
  Arrays(const TensorCase& c, const NetworkCase& network, const HostTensor& t)
      : case_(c), gradients_(network.options.gradients), slack_(network.slack) {
    for (int i = 0; i <= states_of(network.kind); ++i) buffers_.push_back(place(t.arrays[i]));
    if (gradients_ == Precision::kBf16) {
      std::vector<Bf16> halves;
      for (const float value : t.gradient) halves.push_back(to_bf16(value));
      gradient_ = place(halves);
    } else {
      gradient_ = place(t.gradient);
    }
    std::vector<std::uint64_t> words = t.mask;
    if (!words.empty())
      words.resize(words.size() + static_cast<std::size_t>(slack_ + 63) / 64, ~std::uint64_t{0});
    mask_ = on_device(words);
  }

  UpdateTensor tensor() {
    const auto of = [&](std::size_t i) {
      return i < buffers_.size() ? buffers_[i].as<float>() + case_.offset : nullptr;
    };
    UpdateTensor tensor;
    tensor.value = of(0);
    tensor.gradient = gradient_.as<unsigned char>() + case_.offset * element_bytes(gradients_);
    tensor.first = of(1);
    tensor.second = of(2);
    tensor.mask = mask_.bytes() > 0 ? mask_.as<std::uint64_t>() : nullptr;
    tensor.count = case_.count;
    return tensor;
  }

  /// Array i as it is now; `beyond` becomes true where something else was written.
  std::vector<float> array(int i, bool* beyond) const {
    const std::vector<float> all = on_host<float>(buffers_[static_cast<std::size_t>(i)]);
    const auto begin = all.begin() + case_.offset, end = begin + case_.count;
    const auto written = [](float v) { return std::bit_cast<std::uint32_t>(v) != 0xffffffffu; };
    *beyond |= std::any_of(all.begin(), begin, written) || std::any_of(end, all.end(), written);
    return {begin, end};
  }

 private:
  template <class T>
  DeviceBuffer place(const std::vector<T>& values) const {
    const auto bytes = static_cast<std::int64_t>(sizeof(T)) * (case_.offset + case_.count + slack_);
    std::vector<unsigned char> all(static_cast<std::size_t>(bytes), 0xff);
    if (!values.empty())
      std::memcpy(all.data() + sizeof(T) * static_cast<std::size_t>(case_.offset), values.data(),
                  sizeof(T) * values.size());
    return on_device(all);
  }

  TensorCase case_;
  Precision gradients_;
  std::int64_t slack_;
  std::vector<DeviceBuffer> buffers_;
  DeviceBuffer gradient_, mask_;
};

}  // namespace coppice::kernels::update_cases
