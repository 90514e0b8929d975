#include "measure/random_layer.h"

#include "coppice/random.h"

#include <cmath>

namespace coppice {

std::int64_t nonzeros_at(const kernels::LayerShape& shape, double density) {
  return std::llround(density * static_cast<double>(shape.outputs * shape.columns()));
}

kernels::Layer random_layer(const kernels::LayerShape& shape, double density, std::uint64_t seed,
                            MaskPattern mask) {
  kernels::Layer layer;
  layer.shape = shape;
  layer.relu = true;
  kernels::Csr& weights = layer.weights;
  weights.rows = shape.outputs;
  weights.columns = shape.columns();
  const std::int64_t wanted = nonzeros_at(shape, density);
  weights.column.reserve(static_cast<std::size_t>(wanted));
  weights.value.reserve(static_cast<std::size_t>(wanted));
  const Stream places(seed, "bench/places"), own_places(seed, "bench/places of one row"),
      values(seed, "bench/values"), biases(seed, "bench/biases");
  const double deviation = 1 / std::sqrt(static_cast<double>(weights.columns));
  const std::vector<RowSpan> spans = row_spans(mask, weights.rows, weights.columns, wanted, seed);
  std::int64_t shared = wanted, room = 0;  // what rows without a number of their own share, and their places
  for (const RowSpan& span : spans) {
    if (span.nonzeros < 0) room += span.last - span.first;
    if (span.nonzeros > 0) shared -= span.nonzeros;
  }
  // Selection sampling (Knuth, TAOCP 2, algorithm 3.4.2 S): every choice of so many places is as likely.
  std::uint64_t drawn = 0, own_drawn = 0;
  const auto draw = [&](const Stream& stream, std::uint64_t& count, std::int64_t& open, std::int64_t& left) {
    const std::uint64_t place = stream.below(count++, static_cast<std::uint32_t>(open--));
    if (place >= static_cast<std::uint64_t>(left)) return false;
    --left;
    return true;
  };
  for (const RowSpan& span : spans) {
    std::int64_t open = span.last - span.first, left = span.nonzeros;
    for (std::int64_t column = span.first; column < span.last && left != 0; ++column) {
      if (!(left < 0 ? draw(places, drawn, room, shared) : draw(own_places, own_drawn, open, left))) continue;
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

kernels::Layer even_layer(const kernels::LayerShape& shape, double density) {
  kernels::Layer layer;
  layer.shape = shape;
  layer.relu = true;
  layer.bias.assign(static_cast<std::size_t>(shape.outputs), 0.0f);
  kernels::Csr& weights = layer.weights;
  weights.rows = shape.outputs;
  weights.columns = shape.columns();
  const std::int64_t wanted = nonzeros_at(shape, density);
  for (std::int64_t row = 0; row < weights.rows; ++row) {
    const std::int64_t before = weights.nonzeros();
    const std::int64_t count = wanted * (row + 1) / weights.rows - before;
    // Each row begins elsewhere, so that all columns are used.
    const double turn = 0.618034 * static_cast<double>(row), shift = turn - std::floor(turn);
    for (std::int64_t i = 0; i < count; ++i) {
      const double place = (static_cast<double>(i) + shift) / static_cast<double>(count);
      weights.column.push_back(static_cast<std::int32_t>(place * static_cast<double>(weights.columns)));
    }
    weights.value.resize(static_cast<std::size_t>(before + count), 1.0f);
    weights.begin.push_back(before + count);
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
