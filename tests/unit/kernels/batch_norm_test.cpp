// Each instruction set level's sweeps against sums in double. (That the whole equals torch's BatchNorm,
// forward and backward, is tested in unit/train_libtorch/norm_test.cpp.)
#include "kernels/cpu/batch_norm/batch_norm.h"

#include <cmath>
#include <omp.h>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/cpu/batch_norm/sweeps.h"
#include "kernels/cpu/isa.h"

namespace coppice::kernels {
namespace {

struct Variant {
  std::string name;
  void (*moments)(const float*, std::int64_t, std::int64_t, std::int64_t, float*, float*);
  void (*apply)(const float*, const float*, NormAffine, bool, float*, std::int64_t, std::int64_t,
                std::int64_t);
  void (*sums)(const NormBackward&, Gate, std::int64_t, std::int64_t, std::int64_t, float*, float*);
  void (*gradient)(const NormBackward&, Gate, NormSlopes, std::int64_t, std::int64_t, std::int64_t);
};

#define COPPICE_VARIANT(level) \
  Variant { #level, level::norm_moments, level::norm_apply_rows, level::norm_sums, level::norm_gradient }

std::vector<Variant> variants() {
  std::vector<Variant> list;
#if defined(__x86_64__)
  list.push_back(COPPICE_VARIANT(v2));
  if (isa() >= Isa::kV3) list.push_back(COPPICE_VARIANT(v3));
  if (isa() >= Isa::kV4) list.push_back(COPPICE_VARIANT(v4));
#else
  list.push_back(COPPICE_VARIANT(portable));
#endif
  return list;
}

using Floats = std::vector<float>;

Floats random_floats(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-1, 2);
  Floats values(count);
  for (float& value : values) value = uniform(random);
  return values;
}

struct Arrays {
  Arrays(std::int64_t rows, std::int64_t channels)
      : n(static_cast<std::size_t>(rows * channels)),
        c(static_cast<std::size_t>(channels)),
        x(random_floats(n, 1)),
        dy(random_floats(n, 2)),
        addend(random_floats(n, 3)),
        y(n),
        dx(n, -1),
        d_addend(n, -1),
        mean(random_floats(c, 4)),
        scale(random_floats(c, 5)),
        shift(random_floats(c, 6)) {}

  NormBackward backward() {
    NormBackward b;
    b.x = x.data();
    b.dy = dy.data();
    b.mean = mean.data();
    b.affine = {scale.data(), shift.data()};
    b.y = y.data();
    b.dx = dx.data();
    b.d_addend = d_addend.data();
    return b;
  }

  std::size_t n, c;
  Floats x, dy, addend, y, dx, d_addend, mean, scale, shift;
};

constexpr std::int64_t kRows[] = {1, 2, 3, 4, 5, 31, 64};
constexpr std::int64_t kChannels[] = {1, 3, 4, 7, 8, 15, 16, 17, 40, 64, 131};

TEST(BatchNormSweeps, MomentsAgreeWithDouble) {
  for (const Variant& variant : variants()) {
    for (const std::int64_t rows : kRows) {
      for (const std::int64_t channels : kChannels) {
        const Arrays a(rows, channels);
        const std::int64_t begin = rows / 3;
        Floats mean(a.c), squares(a.c);
        variant.moments(a.x.data(), begin, rows, channels, mean.data(), squares.data());
        for (std::int64_t c = 0; c < channels; ++c) {
          double m = 0, q = 0;
          for (std::int64_t r = begin; r < rows; ++r) m += a.x[r * channels + c];
          m /= static_cast<double>(rows - begin);
          for (std::int64_t r = begin; r < rows; ++r) q += std::pow(a.x[r * channels + c] - m, 2);
          ASSERT_NEAR(mean[c], m, 2e-6) << variant.name << ' ' << rows << ' ' << channels;
          ASSERT_NEAR(squares[c], q, 2e-6 * (1 + q)) << variant.name << ' ' << rows << ' ' << channels;
        }
      }
    }
  }
}

TEST(BatchNormSweeps, ForwardAndBackwardAgreeWithDouble) {
  for (const Variant& variant : variants()) {
    for (const std::int64_t rows : kRows) {
      for (const std::int64_t channels : kChannels) {
        for (const bool add : {false, true}) {
          for (const bool relu : {false, true}) {
            Arrays a(rows, channels);
            const std::string what =
                variant.name + ' ' + std::to_string(rows) + ' ' + std::to_string(channels);
            variant.apply(a.x.data(), add ? a.addend.data() : nullptr, {a.scale.data(), a.shift.data()}, relu,
                          a.y.data(), 0, rows, channels);
            const Gate gate = !relu ? Gate::kOpen : add ? Gate::kOutput : Gate::kInput;
            const NormBackward arrays = a.backward();
            Floats sum(a.c), product(a.c);
            variant.sums(arrays, gate, 0, rows, channels, sum.data(), product.data());
            variant.gradient(arrays, relu && add ? Gate::kWritten : gate,
                             {a.mean.data(), a.scale.data(), a.shift.data()}, 0, rows, channels);
            for (std::int64_t c = 0; c < channels; ++c) {
              double s = 0, p = 0;
              for (std::int64_t r = 0; r < rows; ++r) {
                const std::int64_t i = r * channels + c;
                double y = double{a.x[i]} * a.scale[c] + a.shift[c] + (add ? a.addend[i] : 0);
                const bool open = !relu || y > 0;
                if (std::abs(y) < 1e-6) continue;  // may round to either side
                if (!open) y = 0;
                ASSERT_NEAR(a.y[i], y, 2e-6) << what;
                const double g = open ? a.dy[i] : 0;
                ASSERT_TRUE(!relu || !add || a.d_addend[i] == static_cast<float>(g)) << what;
                s += g;
                p += g * (double{a.x[i]} - a.mean[c]);
                // The slopes here are mean, scale and shift.
                ASSERT_NEAR(a.dx[i], a.mean[c] * g + a.scale[c] * (double{a.x[i]} - a.mean[c]) + a.shift[c],
                            5e-6)
                    << what;
              }
              ASSERT_NEAR(sum[c], s, 5e-5) << what;
              ASSERT_NEAR(product[c], p, 1e-4) << what;
            }
          }
        }
      }
    }
  }
}

TEST(BatchNorm, ThreadsDoNotChangeTheResult) {
  const std::int64_t rows = 3001, channels = 21;
  Arrays a(rows, channels);
  const int before = omp_get_max_threads();
  std::vector<Floats> results;
  for (const int threads : {1, 2, 3}) {
    omp_set_num_threads(threads);
    Floats mean(a.c), variance(a.c), d_gamma(a.c), d_beta(a.c);
    norm_statistics(a.x.data(), rows, channels, mean.data(), variance.data());
    norm_apply(a.x.data(), nullptr, {a.scale.data(), a.shift.data()}, true, a.y.data(), rows, channels);
    NormBackward b = a.backward();
    b.relu = true;
    b.d_addend = nullptr;
    b.inverse_std = a.scale.data();
    b.gamma = a.shift.data();
    b.d_gamma = d_gamma.data();
    b.d_beta = d_beta.data();
    norm_backward(b, rows, channels);
    Floats all = mean;
    for (const Floats* part : {&variance, &a.y, &a.dx, &d_gamma, &d_beta}) {
      all.insert(all.end(), part->begin(), part->end());
    }
    results.push_back(all);
  }
  omp_set_num_threads(before);
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(results[0], results[2]);
}

}  // namespace
}  // namespace coppice::kernels
