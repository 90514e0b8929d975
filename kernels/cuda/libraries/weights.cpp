#include "kernels/cuda/libraries/weights.h"

#include <algorithm>
#include <cstddef>

namespace coppice::kernels {

DeviceBuffer store(const std::vector<float>& values, Precision precision) {
  if (precision != Precision::kBf16) return on_device(values);
  std::vector<Bf16> rounded(values.size());
  std::transform(values.begin(), values.end(), rounded.begin(), to_bf16);
  return on_device(rounded);
}

DenseWeights DenseWeights::copy() const { return {values.copy(), bias.copy(), bias_stored.copy()}; }

DenseWeights dense_weights(const Layer& layer, Precision precision, bool channels_last) {
  std::vector<float> values = dense_from_csr(layer.weights);
  if (channels_last) values = with_channels_last(values, layer.shape);
  return {store(values, precision), on_device(layer.bias), store(layer.bias, precision)};
}

DenseWeights dense_weights_and_bias(const Layer& layer, Precision precision, bool channels_last) {
  DenseWeights weights = dense_weights(layer, precision, channels_last);
  if (layer.bias.empty()) {
    const std::vector<float> zeros(static_cast<std::size_t>(layer.shape.outputs));
    weights.bias = on_device(zeros);
    weights.bias_stored = store(zeros, precision);
  }
  return weights;
}

std::vector<float> with_channels_last(const std::vector<float>& weights, const LayerShape& shape) {
  const std::int64_t window = shape.kernel_height * shape.kernel_width;
  std::vector<float> result(weights.size());
  std::size_t to = 0;
  for (std::int64_t m = 0; m < shape.outputs; ++m) {
    for (std::int64_t k = 0; k < window; ++k) {
      for (std::int64_t c = 0; c < shape.channels; ++c) {
        result[to++] = weights[static_cast<std::size_t>((m * shape.channels + c) * window + k)];
      }
    }
  }
  return result;
}

}  // namespace coppice::kernels
