#pragma once
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/cpu/isa.h"
#include "kernels/layout.h"

namespace coppice::kernels {

/// The levels that this machine runs.
inline std::vector<Isa> levels() {
  std::vector<Isa> list;
  for (const Isa level : {Isa::kV2, Isa::kV3, Isa::kV4}) {
    if (level <= isa()) list.push_back(level);
  }
  return list;
}

/// Activations in memory as kernels get them: aligned, with nothing but kSlack floats behind. The slack is
/// NaN: what comes of reading it must not show, and no kernel may write to it.
class Buffer {
 public:
  explicit Buffer(const Activations& shape, float fill = 0) : shape_(shape) {
    const auto count = static_cast<std::size_t>(shape.floats()), all = count + kSlack;
    data_.reset(static_cast<float*>(std::aligned_alloc(64, (all * sizeof(float) + 63) / 64 * 64)));
    for (std::size_t i = 0; i < all; ++i) data_.get()[i] = i < count ? fill : slack_;
  }
  const Activations& shape() const { return shape_; }
  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  std::int64_t size() const { return shape_.floats(); }
  float at(std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) const {
    return data()[shape_.offset(n, c, h, w)];
  }

  template <class Work>  // work(image, channel, row, column)
  void each(Work&& work) const {
    for (std::int64_t n = 0; n < shape_.images; ++n) {
      for (std::int64_t c = 0; c < shape_.channels; ++c) {
        for (std::int64_t h = 0; h < shape_.height; ++h) {
          for (std::int64_t w = 0; w < shape_.width; ++w) work(n, c, h, w);
        }
      }
    }
  }

  /// Random in the interior, 0 in the halo, finite rubbish in lanes without an image.
  void randomise(std::uint32_t seed) {
    slack_ = std::numeric_limits<float>::quiet_NaN();
    for (std::int64_t i = size(); i < size() + kSlack; ++i) data()[i] = slack_;
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> uniform(-1, 1);
    Activations all = shape_;
    all.images = shape_.blocks() * shape_.lanes();
    Buffer whole(all);
    whole.each([&](auto... at) { data()[all.offset(at...)] = uniform(random); });
  }

  /// Halo and slack hold what they held in the beginning.
  void check_surroundings(float halo = 0) const {
    std::vector<bool> interior(static_cast<std::size_t>(size()));
    Activations all = shape_;
    all.images = shape_.blocks() * shape_.lanes();
    Buffer whole(all);
    whole.each([&](auto... at) { interior[static_cast<std::size_t>(all.offset(at...))] = true; });
    for (std::int64_t i = 0; i < size(); ++i) {
      ASSERT_TRUE(interior[static_cast<std::size_t>(i)] || data()[i] == halo) << "halo, float " << i;
    }
    for (std::int64_t i = size(); i < size() + kSlack; ++i) {
      ASSERT_EQ(0, std::memcmp(data() + i, &slack_, sizeof(float))) << "slack, float " << i - size();
    }
  }

 private:
  struct Free {
    void operator()(float* p) const { std::free(p); }
  };
  Activations shape_;
  float slack_ = 12345;
  std::unique_ptr<float, Free> data_;
};

}  // namespace coppice::kernels
