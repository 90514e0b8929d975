#include "kernels/cpu/batch_norm/batch_norm.h"

#include <algorithm>
#include <vector>

#include "kernels/cpu/batch_norm/sweeps.h"
#include "kernels/cpu/isa.h"

namespace coppice::kernels {

namespace {

#if defined(__x86_64__)
#define COPPICE_BY_ISA(function) \
  (isa() == Isa::kV4 ? v4::function : isa() == Isa::kV3 ? v3::function : v2::function)
#else
#define COPPICE_BY_ISA(function) (portable::function)
#endif

/// Rows in pieces that stay in the first-level cache. Sums are formed by piece and then over the pieces in
/// order, so that the number of threads does not show in the result.
class Pieces {
 public:
  Pieces(std::int64_t rows, std::int64_t channels)
      : rows_(rows), size_(std::max<std::int64_t>(4, kFloats / channels)) {}
  std::int64_t count() const { return (rows_ + size_ - 1) / size_; }
  std::int64_t begin(std::int64_t i) const { return i * size_; }
  std::int64_t end(std::int64_t i) const { return std::min(rows_, (i + 1) * size_); }

  template <class Work>
  void each(Work&& work) const {
    const std::int64_t pieces = count();
#pragma omp parallel for schedule(static) if (pieces >= 8)
    for (std::int64_t i = 0; i < pieces; ++i) work(i, begin(i), end(i));
  }

 private:
  static constexpr std::int64_t kFloats = 4096;
  std::int64_t rows_, size_;
};

/// Two rows of sums for each piece.
class Partials {
 public:
  Partials(std::int64_t pieces, std::int64_t channels)
      : channels_(channels), values_(static_cast<std::size_t>(2 * pieces * channels)) {}
  float* first(std::int64_t piece) { return values_.data() + 2 * piece * channels_; }
  float* second(std::int64_t piece) { return first(piece) + channels_; }

 private:
  std::int64_t channels_;
  std::vector<float> values_;
};

}  // namespace

void norm_statistics(const float* x, std::int64_t rows, std::int64_t channels, float* mean, float* variance) {
  const Pieces pieces(rows, channels);
  Partials partials(pieces.count(), channels);
  const auto moments = COPPICE_BY_ISA(norm_moments);
  pieces.each([&](std::int64_t i, std::int64_t begin, std::int64_t end) {
    moments(x, begin, end, channels, partials.first(i), partials.second(i));
  });
  // Chan, Golub & LeVeque 1983: moments of parts make moments of the whole.
  std::vector<double> total(static_cast<std::size_t>(channels)), squares(total.size());
  for (std::int64_t i = 0; i < pieces.count(); ++i) {
    const auto size = static_cast<double>(pieces.end(i) - pieces.begin(i));
    for (std::int64_t c = 0; c < channels; ++c) total[c] += size * partials.first(i)[c];
  }
  for (std::int64_t i = 0; i < pieces.count(); ++i) {
    const auto size = static_cast<double>(pieces.end(i) - pieces.begin(i));
    for (std::int64_t c = 0; c < channels; ++c) {
      const double apart = partials.first(i)[c] - total[c] / static_cast<double>(rows);
      squares[c] += partials.second(i)[c] + size * apart * apart;
    }
  }
  for (std::int64_t c = 0; c < channels; ++c) {
    mean[c] = static_cast<float>(total[c] / static_cast<double>(rows));
    variance[c] = static_cast<float>(squares[c] / static_cast<double>(rows));
  }
}

void norm_apply(const float* x, const float* addend, NormAffine affine, bool relu, float* y,
                std::int64_t rows, std::int64_t channels) {
  const auto apply = COPPICE_BY_ISA(norm_apply_rows);
  Pieces(rows, channels).each([&](std::int64_t, std::int64_t begin, std::int64_t end) {
    apply(x, addend, affine, relu, y, begin, end, channels);
  });
}

void norm_backward(const NormBackward& a, std::int64_t rows, std::int64_t channels) {
  const Pieces pieces(rows, channels);
  Partials partials(pieces.count(), channels);
  const bool written = a.relu && a.d_addend;
  const Gate gate = !a.relu ? Gate::kOpen : written ? Gate::kOutput : Gate::kInput;
  const auto sums = COPPICE_BY_ISA(norm_sums);
  pieces.each([&](std::int64_t i, std::int64_t begin, std::int64_t end) {
    sums(a, gate, begin, end, channels, partials.first(i), partials.second(i));
  });

  std::vector<double> sum(static_cast<std::size_t>(channels)), product(sum.size());
  for (std::int64_t i = 0; i < pieces.count(); ++i) {
    for (std::int64_t c = 0; c < channels; ++c) {
      sum[c] += partials.first(i)[c];
      product[c] += partials.second(i)[c];
    }
  }
  const auto n = static_cast<double>(rows);
  std::vector<float> outer(sum.size()), slope(sum.size()), offset(sum.size());
  for (std::int64_t c = 0; c < channels; ++c) {
    const double inverse = a.inverse_std[c], scale = a.gamma[c] * inverse;
    a.d_gamma[c] = static_cast<float>(product[c] * inverse);
    a.d_beta[c] = static_cast<float>(sum[c]);
    outer[c] = static_cast<float>(scale);
    slope[c] = static_cast<float>(-scale * inverse * inverse * product[c] / n);
    offset[c] = static_cast<float>(-scale * sum[c] / n);
  }
  const NormSlopes slopes{outer.data(), slope.data(), offset.data()};
  const auto gradient = COPPICE_BY_ISA(norm_gradient);
  pieces.each([&](std::int64_t, std::int64_t begin, std::int64_t end) {
    gradient(a, written ? Gate::kWritten : gate, slopes, begin, end, channels);
  });
}

}  // namespace coppice::kernels
