#include "kernels/cpu/sparse_gemv/common.h"

#include <algorithm>

namespace coppice::kernels {

namespace {

bool rows_of_features(const Activations& a) {
  const bool one_cell = a.height == 1 && a.width == 1;
  return a.layout.halo == 0 &&
         (a.layout.order == Order::kPlain || (a.layout.order == Order::kChannelsLast && one_cell));
}

}  // namespace

std::string gemv_refusal(const Request& request) {
  if (!request.layer.shape.linear()) return "only for linear layers";
  if (!rows_of_features(request.layer.input(request.images, request.in))) {
    return "the input must be plain and without halo";
  }
  if (!rows_of_features(request.layer.output(request.images, request.out))) {
    return "the output must be plain and without halo";
  }
  return {};
}

std::vector<int> gemv_threads(const Request& request) {
  if (request.threads <= 1) return {1};
  // Waking a thread costs about 1 us, as much as some thousand multiplications.
  constexpr std::int64_t kParallelFrom = 15'000;
  const std::int64_t work = request.layer.weights.nonzeros() * request.images;
  if (work < kParallelFrom) return {1, request.threads};
  return {request.threads, 1};
}

std::vector<std::int64_t> equal_shares(const std::vector<std::int64_t>& before, int parts) {
  std::vector<std::int64_t> bounds;
  const double total = static_cast<double>(before.back());
  for (int i = 0; i < parts; ++i) {
    const auto aim = static_cast<std::int64_t>(total * i / parts);
    bounds.push_back(std::lower_bound(before.begin(), before.end(), aim) - before.begin());
  }
  bounds.push_back(std::ssize(before) - 1);
  return bounds;
}

}  // namespace coppice::kernels
