#include "sparse/slim.h"

#include <algorithm>
#include <cstring>

#include "model/graph.h"
#include "sparse/checks.h"
#include "sparse/liveness.h"

namespace coppice {

namespace {

/// The flat positions of a tensor [rows, columns, window...] or [rows] or [] that lie in kept rows and
/// columns.
std::vector<std::size_t> kept_positions(const std::vector<std::int64_t>& shape, const Flags& rows,
                                        const Flags& columns) {
  const std::size_t height = shape.empty() ? 1 : static_cast<std::size_t>(shape[0]);
  const std::size_t width = shape.size() < 2 ? 1 : static_cast<std::size_t>(shape[1]);
  const std::size_t window = static_cast<std::size_t>(element_count(shape)) / (height * width);
  std::vector<std::size_t> positions;
  for (std::size_t r = 0; r < height; ++r) {
    if (!shape.empty() && !rows[r]) continue;
    for (std::size_t c = 0; c < width; ++c) {
      if (shape.size() >= 2 && !columns[c]) continue;
      for (std::size_t k = 0; k < window; ++k) positions.push_back((r * width + c) * window + k);
    }
  }
  return positions;
}

Tensor chosen(const Tensor& tensor, const std::vector<std::size_t>& positions,
              const std::vector<std::int64_t>& shape) {
  Tensor smaller = Tensor::zeros(tensor.dtype, shape);
  const std::size_t size = size_of(tensor.dtype);
  for (std::size_t i = 0; i < positions.size(); ++i)
    std::memcpy(smaller.bytes.data() + i * size, tensor.bytes.data() + positions[i] * size, size);
  return smaller;
}

Mask chosen(const Mask& mask, const std::vector<std::size_t>& positions,
            const std::vector<std::int64_t>& shape) {
  Mask smaller = Mask::ones(shape);
  for (std::size_t i = 0; i < positions.size(); ++i)
    if (!mask.get(static_cast<std::int64_t>(positions[i]))) smaller.set(static_cast<std::int64_t>(i), false);
  return smaller;
}

}  // namespace

SlimNetwork remove_dead_units(const Network& network, const Tensors& tensors, const Masks& masks) {
  const std::string where = "network '" + network.name + "'";
  check_tensors(network, tensors, where);
  check_finite(tensors, where);
  check_masks(masks, tensors, where);

  const std::vector<Flags> kept = kept_channels(network, live_channels(network, tensors));
  SlimNetwork slim{.network = network, .tensors = {}, .masks = masks};
  for (std::size_t i = 0; i < kept.size(); ++i) {
    Node& node = slim.network.nodes[i];
    if (node.op != Op::kConv && node.op != Op::kLinear) continue;
    slim.units += node.out;
    node.out = std::count(kept[i].begin(), kept[i].end(), 1);
    slim.removed += static_cast<std::int64_t>(kept[i].size()) - node.out;
  }
  slim.network = complete(std::move(slim.network));

  const auto inputs = input_nodes(network);
  const Flags image(static_cast<std::size_t>(network.input.channels), 1);
  const std::vector<TensorSpec> before = tensor_specs(network), after = tensor_specs(slim.network);
  for (std::size_t i = 0; i < before.size(); ++i) {
    const std::size_t node = before[i].node, input = inputs[node][0];
    const auto positions = kept_positions(before[i].shape, kept[node], input == kImage ? image : kept[input]);
    slim.tensors[before[i].name] = chosen(tensors.at(before[i].name), positions, after[i].shape);
    for (NamedMask& mask : slim.masks)
      if (mask.name == before[i].name) mask.mask = chosen(mask.mask, positions, after[i].shape);
  }
  return slim;
}

}  // namespace coppice
