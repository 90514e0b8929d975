#include "sparse/linear_weights.h"

#include <cstddef>

namespace coppice {

std::vector<float> linear_weights(const kernels::Layer& layer, kernels::Order order) {
  std::vector<float> plain = kernels::dense_from_csr(layer.weights);
  const std::int64_t pixels = layer.shape.kernel_height * layer.shape.kernel_width;
  if (order != kernels::Order::kChannelsLast || pixels == 1) return plain;
  std::vector<float> turned(plain.size());
  const std::int64_t channels = layer.shape.channels;
  for (std::int64_t m = 0; m < layer.shape.outputs; ++m) {
    const std::int64_t row = m * channels * pixels;
    for (std::int64_t c = 0; c < channels; ++c) {
      for (std::int64_t p = 0; p < pixels; ++p) {
        turned[static_cast<std::size_t>(row + p * channels + c)] =
            plain[static_cast<std::size_t>(row + c * pixels + p)];
      }
    }
  }
  return turned;
}

}  // namespace coppice
