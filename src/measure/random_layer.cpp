#include "measure/random_layer.h"

#include "coppice/random.h"

#include <cmath>

namespace coppice {

kernels::Layer random_layer(const kernels::LayerShape& shape, double density, std::uint64_t seed) {
  kernels::Layer layer;
  layer.shape = shape;
  layer.relu = true;
  kernels::Csr& weights = layer.weights;
  weights.rows = shape.outputs;
  weights.columns = shape.columns();
  const std::int64_t size = weights.rows * weights.columns;
  const std::int64_t wanted = std::llround(density * static_cast<double>(size));
  weights.column.reserve(static_cast<std::size_t>(wanted));
  weights.value.reserve(static_cast<std::size_t>(wanted));
  const Stream places(seed, "bench/places"), values(seed, "bench/values"), biases(seed, "bench/biases");
  const double deviation = 1 / std::sqrt(static_cast<double>(weights.columns));
  // Selection sampling (Knuth, TAOCP 2, algorithm 3.4.2 S): every choice of `wanted` places is as likely.
  std::uint64_t drawn = 0;
  for (std::int64_t row = 0; row < weights.rows; ++row) {
    for (std::int64_t column = 0; column < weights.columns; ++column, ++drawn) {
      const auto left = static_cast<std::uint32_t>(size - static_cast<std::int64_t>(drawn));
      if (places.below(drawn, left) >= static_cast<std::uint64_t>(wanted - weights.nonzeros())) continue;
      weights.column.push_back(static_cast<std::int32_t>(column));
      weights.value.push_back(static_cast<float>(deviation * values.normal(weights.value.size())));
    }
    weights.begin.push_back(weights.nonzeros());
  }
  for (std::int64_t row = 0; row < weights.rows; ++row) {
    layer.bias.push_back(static_cast<float>(0.1 * biases.normal(static_cast<std::uint64_t>(row))));
  }
  return layer;
}

std::vector<float> random_activations(const kernels::LayerShape& shape, std::int64_t images) {
  const Stream stream(1, "bench/activations");
  std::vector<float> values(static_cast<std::size_t>(images * shape.channels * shape.height * shape.width));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(2 * stream.uniform(i) - 1);
  return values;
}

}  // namespace coppice
