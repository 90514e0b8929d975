#include "kernels/cpu/masked_update/masked_update.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <omp.h>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/masked_update/rules.h"
#include "support/optimiser_reference.h"

namespace coppice::kernels {
namespace {

using SgdRange = void (*)(const SgdArrays&, const SgdRule&, std::int64_t, std::int64_t);
using AdamRange = void (*)(const AdamArrays&, const AdamRule&, std::int64_t, std::int64_t);

struct Variant {
  std::string name;
  SgdRange sgd;
  AdamRange adam;
};

std::vector<Variant> variants() {
  std::vector<Variant> list;
#if defined(__x86_64__)
  list.push_back({"v2", v2::masked_sgd_range, v2::masked_adam_range});
  if (isa() >= Isa::kV3) list.push_back({"v3", v3::masked_sgd_range, v3::masked_adam_range});
  if (isa() >= Isa::kV4) list.push_back({"v4", v4::masked_sgd_range, v4::masked_adam_range});
#else
  list.push_back({"portable", portable::masked_sgd_range, portable::masked_adam_range});
#endif
  return list;
}

enum class Pattern { kNull, kNone, kAll, kEven, kRandom };
constexpr Pattern kPatterns[] = {Pattern::kNull, Pattern::kNone, Pattern::kAll, Pattern::kEven,
                                 Pattern::kRandom};

std::vector<std::uint64_t> make_mask(Pattern pattern, std::int64_t count, std::mt19937_64& random) {
  std::vector<std::uint64_t> words(static_cast<std::size_t>(count / 64 + 1));
  for (auto& word : words) {
    switch (pattern) {
      case Pattern::kNull:
      case Pattern::kAll: word = ~std::uint64_t{0}; break;
      case Pattern::kNone: word = 0; break;
      case Pattern::kEven: word = 0x5555555555555555u; break;
      case Pattern::kRandom: word = random() & random(); break;
    }
  }
  return words;
}

/// An array at an address that is aligned to 4 bytes only, with guards after its end.
class Unaligned {
 public:
  Unaligned(std::int64_t count, std::mt19937_64& random, float low, float high)
      : storage_(static_cast<std::size_t>(count) + 3, kGuard), count_(count) {
    std::uniform_real_distribution<float> uniform(low, high);
    for (std::int64_t i = 0; i < count; ++i) data()[i] = uniform(random);
  }
  float* data() { return storage_.data() + 1; }
  bool guards_intact() const { return storage_[0] == kGuard && storage_[storage_.size() - 1] == kGuard; }
  std::vector<double> doubles() const {
    return std::vector<double>(storage_.begin() + 1, storage_.begin() + 1 + count_);
  }

 private:
  static constexpr float kGuard = 12345;
  std::vector<float> storage_;
  std::int64_t count_;
};

bool is_plus_zero(float x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits == 0;
}

void expect_close(float got, double want, double scale, const std::string& what) {
  EXPECT_NEAR(got, want, 3e-7 * (std::abs(want) + scale)) << what;
}

TEST(MaskedUpdate, SgdAgreesWithDoubleReference) {
  std::mt19937_64 random(1);
  for (const Variant& variant : variants()) {
    for (const auto& [momentum, velocity_given] :
         std::vector<std::pair<double, bool>>{{0.9, true}, {0.0, true}, {0.0, false}}) {
      for (std::int64_t count = 0; count <= 300; ++count) {
        for (const Pattern pattern : kPatterns) {
          const SgdStep step{0.05, momentum, 0.01};
          Unaligned value(count, random, -1, 1), gradient(count, random, -1, 1),
              velocity(count, random, -1, 1);
          const auto w = value.doubles(), g = gradient.doubles(), m = velocity.doubles();
          const auto mask = make_mask(pattern, count, random);
          variant.sgd({value.data(), gradient.data(), velocity_given ? velocity.data() : nullptr,
                       pattern == Pattern::kNull ? nullptr : mask.data()},
                      fold(step), 0, count);
          ASSERT_TRUE(value.guards_intact() && velocity.guards_intact()) << variant.name << ' ' << count;
          for (std::int64_t i = 0; i < count; ++i) {
            const std::string what = variant.name + " " + std::to_string(count) + " " + std::to_string(i);
            const bool kept = mask[i / 64] >> (i % 64) & 1;
            if (!kept) {
              ASSERT_TRUE(is_plus_zero(value.data()[i])) << what;
              ASSERT_TRUE(!velocity_given || is_plus_zero(velocity.data()[i])) << what;
              continue;
            }
            const double v = momentum * m[i] + g[i] + 0.01 * w[i];
            expect_close(value.data()[i], w[i] - 0.05 * v, 1, what);
            if (velocity_given) expect_close(velocity.data()[i], v, 1, what);
          }
        }
      }
    }
  }
}

TEST(MaskedUpdate, AdamAgreesWithDoubleReference) {
  std::mt19937_64 random(2);
  for (const Variant& variant : variants()) {
    for (const std::int64_t number : {1, 7, 1000}) {
      for (std::int64_t count = 0; count <= 300; ++count) {
        for (const Pattern pattern : kPatterns) {
          AdamStep step;
          step.learning_rate = 0.01;
          step.weight_decay = 0.1;
          step.number = number;
          Unaligned value(count, random, -1, 1), gradient(count, random, -1, 1);
          Unaligned first(count, random, -1, 1), second(count, random, 0.01f, 1);
          const auto w = value.doubles(), d = gradient.doubles(), m = first.doubles(), v = second.doubles();
          const auto mask = make_mask(pattern, count, random);
          variant.adam({value.data(), gradient.data(), first.data(), second.data(),
                        pattern == Pattern::kNull ? nullptr : mask.data()},
                       fold(step), 0, count);
          ASSERT_TRUE(value.guards_intact() && first.guards_intact() && second.guards_intact());
          for (std::int64_t i = 0; i < count; ++i) {
            const std::string what = variant.name + " " + std::to_string(count) + " " + std::to_string(i);
            const bool kept = mask[i / 64] >> (i % 64) & 1;
            if (!kept) {
              ASSERT_TRUE(is_plus_zero(value.data()[i]) && is_plus_zero(first.data()[i]) &&
                          is_plus_zero(second.data()[i]))
                  << what;
              continue;
            }
            const double g = d[i] + 0.1 * w[i], t = static_cast<double>(number);
            const double m1 = 0.9 * m[i] + 0.1 * g, v1 = 0.999 * v[i] + 0.001 * g * g;
            const double change = 0.01 / (1 - std::pow(0.9, t)) * m1 /
                                  (std::sqrt(v1) / std::sqrt(1 - std::pow(0.999, t)) + 1e-8);
            expect_close(value.data()[i], w[i] - change, 1, what);
            expect_close(first.data()[i], m1, 1, what);
            expect_close(second.data()[i], v1, 0, what);
          }
        }
      }
    }
  }
}

/// Levels with fused multiply-add round as the CUDA kernel does, which is tested against the same reference:
/// one training has the same bits on both.
TEST(MaskedUpdate, FusedLevelsRoundAsTheReferenceDoes) {
  std::mt19937_64 random(5);
  for (const Variant& variant : variants()) {
    if (variant.name != "v3" && variant.name != "v4") continue;
    for (std::int64_t count = 1; count <= 150; ++count) {
      for (const double momentum : {0.0, 0.9}) {
        const SgdRule rule = fold(SgdStep{0.05, momentum, 0.01});
        Unaligned value(count, random, -1, 1), gradient(count, random, -1, 1), velocity(count, random, -1, 1);
        Unaligned w = value, m = velocity;
        variant.sgd({w.data(), gradient.data(), m.data(), nullptr}, rule, 0, count);
        for (std::int64_t i = 0; i < count; ++i) {
          const Element e =
              fused_step(rule, gradient.data()[i], {value.data()[i], velocity.data()[i], 0}, momentum != 0);
          ASSERT_EQ(w.data()[i], e[0]) << variant.name;
          ASSERT_EQ(m.data()[i], e[1]) << variant.name;
        }
      }
      AdamStep step;
      step.learning_rate = 0.01;
      step.weight_decay = 0.1;
      step.number = count;
      const AdamRule rule = fold(step);
      Unaligned value(count, random, -1, 1), gradient(count, random, -1, 1);
      Unaligned first(count, random, -1, 1), second(count, random, 0, 1);
      Unaligned w = value, m = first, v = second;
      variant.adam({w.data(), gradient.data(), m.data(), v.data(), nullptr}, rule, 0, count);
      for (std::int64_t i = 0; i < count; ++i) {
        const Element e =
            fused_step(rule, gradient.data()[i], {value.data()[i], first.data()[i], second.data()[i]});
        ASSERT_EQ(w.data()[i], e[0]) << variant.name;
        ASSERT_EQ(m.data()[i], e[1]) << variant.name;
        ASSERT_EQ(v.data()[i], e[2]) << variant.name;
      }
    }
  }
}

TEST(MaskedUpdate, PrunedLanesAreZeroEvenFromNaN) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const Variant& variant : variants()) {
    for (const std::int64_t count : {1, 63, 64, 130}) {
      const auto n = static_cast<std::size_t>(count);
      const std::vector<std::uint64_t> none(n / 64 + 1, 0);
      std::vector<float> value(n, nan), gradient(n, nan), first(n, nan), second(n, -nan);
      variant.adam({value.data(), gradient.data(), first.data(), second.data(), none.data()},
                   fold(AdamStep{}), 0, count);
      for (const auto* array : {&value, &first, &second}) {
        for (const float x : *array) ASSERT_TRUE(is_plus_zero(x)) << variant.name;
      }
      value.assign(n, nan);
      first.assign(n, -std::numeric_limits<float>::infinity());
      variant.sgd({value.data(), gradient.data(), first.data(), none.data()}, fold(SgdStep{0.1, 0.9, 0.1}), 0,
                  count);
      for (const auto* array : {&value, &first}) {
        for (const float x : *array) ASSERT_TRUE(is_plus_zero(x)) << variant.name;
      }
    }
  }
}

TEST(MaskedUpdate, StaleVelocityDoesNotMatterWithoutMomentum) {
  std::vector<float> value = {1}, velocity = {std::numeric_limits<float>::quiet_NaN()};
  const std::vector<float> gradient = {2};
  masked_sgd(value.data(), gradient.data(), velocity.data(), nullptr, 1, {0.5, 0, 0});
  EXPECT_EQ(value[0], 0.0f);
  EXPECT_EQ(velocity[0], 2.0f);
}

/// Large enough for several threads: the same bits from 1, 2, 3 threads and from the sweep as a whole.
TEST(MaskedUpdate, ThreadsDoNotChangeTheResult) {
  const std::int64_t count = 100'003;
  std::mt19937_64 random(3);
  Unaligned value(count, random, -1, 1), gradient(count, random, -1, 1);
  Unaligned first(count, random, -1, 1), second(count, random, 0, 1);
  const auto mask = make_mask(Pattern::kRandom, count, random);
  AdamStep step;
  step.learning_rate = 0.01;
  const int before = omp_get_max_threads();
  std::vector<std::vector<double>> results;
  for (const int threads : {1, 2, 3}) {
    omp_set_num_threads(threads);
    Unaligned w = value, m = first, v = second;
    masked_sgd(w.data(), gradient.data(), m.data(), mask.data(), count, {0.1, 0.9, 1e-4});
    masked_adam(w.data(), gradient.data(), m.data(), v.data(), mask.data(), count, step);
    results.push_back(w.doubles());
    for (const auto& state : {m.doubles(), v.doubles()}) {
      results.back().insert(results.back().end(), state.begin(), state.end());
    }
  }
  omp_set_num_threads(before);
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(results[0], results[2]);
}

}  // namespace
}  // namespace coppice::kernels
