#include <limits>
#include <omp.h>

#include "kernels/cpu/offset_spmm/pack.h"
#include "kernels/cpu/sparse_gemv/sell_pack.h"
#include "kernels/cpu/sparse_gemv/sparse_gemv.h"

namespace coppice::kernels {

#if defined(__x86_64__)

namespace {

class WindowsRunner final : public Runner {
 public:
  WindowsRunner(std::shared_ptr<const SellMatrix> matrix, int fill, const Request& request, int threads)
      : matrix_(std::move(matrix)),
        fill_(fill),
        threads_(threads),
        shares_(equal_shares(matrix_->work_before, threads)),
        columns_(request.layer.shape.columns()),
        rows_(request.layer.shape.outputs),
        windows_(request.images * request.layer.shape.pixels() * row_floats(columns_) + 32),
        sums_(request.images * request.layer.shape.pixels() * rows_) {
    const LayerShape& shape = request.layer.shape;
    const Activations in = request.layer.input(request.images, request.in),
                      out = request.layer.output(request.images, request.out);
    y_row_ = out.plane();
    for (std::int64_t column = 0; column < columns_; ++column) {
      offset_.push_back(static_cast<std::int32_t>(tap_cells(shape, in, column)));
    }
    for (std::int64_t image = 0; image < request.images; ++image) {
      for (std::int64_t row = 0; row < out.height; ++row) {
        for (std::int64_t column = 0; column < out.width; ++column) {
          pixels_.push_back(
              {in.offset(image, 0, row * shape.stride - shape.padding, column * shape.stride - shape.padding),
               out.offset(image, 0, row, column)});
        }
      }
    }
    problem_ = {matrix_->slices.data(), pixel_count(), row_floats(columns_), rows_, request.layer.relu,
                windows_.data(),        nullptr,       sums_.data()};
  }

  void run(const float* x, const float*, float* y) override {
    if (threads_ == 1) {
      pick_windows(x, 0, 1);
      v4::sell_slices(problem_, shares_[0], shares_[1]);
      return hand_over(y, 0, 1);
    }
#pragma omp parallel num_threads(threads_)
    {
      // The runtime may give fewer threads than were asked for.
      const int parts = omp_get_num_threads(), part = omp_get_thread_num();
      pick_windows(x, part, parts);
#pragma omp barrier
      for (int i = part; i < threads_; i += parts) v4::sell_slices(problem_, shares_[i], shares_[i + 1]);
#pragma omp barrier
      hand_over(y, part, parts);
    }
  }
  std::int64_t packed_bytes() const override {
    return matrix_->bytes() + static_cast<std::int64_t>(offset_.size() * sizeof(offset_[0]));
  }
  std::string variant() const override { return sell_variant(fill_, threads_); }

 private:
  struct Pixel {
    std::int64_t x = 0, y = 0;  ///< What its window's first tap reads; where its first output goes.
  };
  /// Whole blocks of 32, so that no window looks into the next one's.
  static std::int64_t row_floats(std::int64_t columns) { return (columns + 31) / 32 * 32; }
  std::int64_t pixel_count() const { return static_cast<std::int64_t>(pixels_.size()); }

  void pick_windows(const float* x, int part, int parts) {
    const std::int64_t begin = columns_ * part / parts, end = columns_ * (part + 1) / parts;
    for (std::int64_t i = 0; i < pixel_count(); ++i) {
      v4::pick(x + pixels_[i].x, offset_.data(), begin, end, windows_.data() + i * problem_.columns);
    }
  }
  void hand_over(float* y, int part, int parts) const {
    const std::int64_t begin = rows_ * part / parts, end = rows_ * (part + 1) / parts;
    for (std::int64_t i = 0; i < pixel_count(); ++i) {
      const float* const sums = sums_.data() + i * rows_;
      float* const to = y + pixels_[i].y;
      for (std::int64_t row = begin; row < end; ++row) to[row * y_row_] = sums[row];
    }
  }

  std::shared_ptr<const SellMatrix> matrix_;
  int fill_, threads_;
  std::vector<std::int64_t> shares_;
  std::int64_t columns_, rows_, y_row_ = 1;
  std::vector<std::int32_t> offset_;  // of each column's tap from its window's first, in floats
  std::vector<Pixel> pixels_;
  AlignedArray<float> windows_, sums_;
  SellProblem problem_ = {};
};

}  // namespace

#endif

namespace {

class SellWindows final : public Candidate {
 public:
  std::string name() const override { return "sell-windows"; }
  bool sparse() const override { return true; }

  std::string refusal(const Request& request) const override {
    constexpr std::int64_t kFew = 16;  // a vector of pixels, from which on other kernels fill theirs
    const LayerShape& shape = request.layer.shape;
    if (request.isa != Isa::kV4) return "needs AVX-512 (permutations of 32 floats)";
    if (shape.linear()) return "only for convolutions";
    if (request.images * shape.pixels() > kFew) return "only for 16 output pixels or fewer";
    if (shape.columns() > 65536) return "its columns are 16-bit numbers";
    if (request.layer.residual) return "adds no second input";
    if (request.in.order != Order::kPlain || request.out.order != Order::kPlain) {
      return "works on plain images";
    }
    if (request.in.halo < shape.padding) return "needs a halo as wide as the padding";
    if (request.layer.input(1, request.in).floats() > std::numeric_limits<std::int32_t>::max()) {
      return "an image of its input passes 8 GiB";
    }
    return "";
  }
  std::vector<std::unique_ptr<Runner>> make([[maybe_unused]] const Request& request) const override {
    std::vector<std::unique_ptr<Runner>> runners;
#if defined(__x86_64__)
    for (const int fill : {6, 12}) {
      const auto matrix =
          std::make_shared<const SellMatrix>(sell_pack(request.layer.weights, request.layer.bias, fill));
      for (const int threads : gemv_threads(request)) {
        runners.push_back(std::make_unique<WindowsRunner>(matrix, fill, request, threads));
      }
    }
#endif
    return runners;
  }
};

}  // namespace

std::shared_ptr<const Candidate> sell_windows_candidate() { return std::make_shared<const SellWindows>(); }

}  // namespace coppice::kernels
