#include "kernels/cuda/dispatch/order.h"

#include <algorithm>

namespace coppice::kernels {

namespace {

constexpr std::int64_t kVectorColumns = 8, kNarrowColumns = 64;
constexpr std::int64_t kImagesTogether = 8;  // what kernels with images side by side want multiples of

std::int64_t columns_of(const CudaRequest& request) { return request.images * request.layer.shape.pixels(); }

bool convolution(const CudaRequest& request) { return !request.layer.shape.linear(); }

bool images_together(const CudaRequest& request) { return request.images % kImagesTogether == 0; }

double convolution_break_even(const CudaRequest& request) {
  const LayerShape& shape = request.layer.shape;
  if (request.precision != Precision::kFp32) return images_together(request) ? 0.03 : 0.05;
  const bool winograd =
      shape.kernel_height == 3 && shape.kernel_width == 3 && shape.stride == 1 && shape.dilation == 1;
  return winograd ? 0.07 : 0.15;
}

}  // namespace

std::string expected_kernel(const CudaRequest& request) {
  if (convolution(request)) {
    if (!images_together(request)) return "conv-pixels";
    return request.precision == Precision::kBf16 ? "conv-mma" : "conv-fma";
  }
  const std::int64_t columns = columns_of(request);
  if (columns <= kVectorColumns) return "packed-spmv";
  if (request.precision != Precision::kBf16) return "gather-fma";
  return columns <= kNarrowColumns ? "scatter-mma" : "panel-mma";
}

double expected_break_even(const CudaRequest& request) {
  if (convolution(request)) return convolution_break_even(request);
  const std::int64_t columns = columns_of(request);
  if (columns <= kVectorColumns) return 0.5;  // 4 bytes a nonzero for 2 a weight; in fp32 6 for 4
  switch (request.precision) {
    case Precision::kBf16: return columns <= kNarrowColumns ? 0.25 : 0.03;
    case Precision::kTf32: return 0.03;
    case Precision::kFp32: return 0.15;
  }
  return 0;
}

CudaCandidates likeliest_first(const CudaRequest& request, const CudaCandidates& candidates) {
  const std::string expected = expected_kernel(request);
  const bool dense_first = request.layer.weights.density() > expected_break_even(request);
  const auto rank = [&](const std::shared_ptr<const CudaCandidate>& candidate) {
    if (!candidate->sparse()) return dense_first ? 0 : 1;
    if (candidate->name() == expected) return dense_first ? 1 : 0;
    return 2;
  };
  CudaCandidates ordered = candidates;
  std::stable_sort(ordered.begin(), ordered.end(),
                   [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  return ordered;
}

}  // namespace coppice::kernels
