#include <algorithm>
#include <chrono>
#include <limits>

#include "sparse/libtorch/dense_layer.h"

namespace coppice {

namespace {

/// Of the second of two runs: in a network that runs again and again a layer's weights are where it left
/// them.
double seconds(const DenseLayer& layer, const at::Tensor& x, const at::Tensor& residual) {
  layer.run(x, {residual, /*spare=*/true}, at::Tensor());
  const auto begin = std::chrono::steady_clock::now();
  layer.run(x, {residual, /*spare=*/true}, at::Tensor());
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

std::unique_ptr<DenseLayer> fastest_layer(const kernels::Layer& layer, std::int64_t images) {
  constexpr at::MemoryFormat kLast = at::MemoryFormat::ChannelsLast;
  std::vector<std::unique_ptr<DenseLayer>> ways;
  ways.push_back(aten_layer(layer, kLast));
  if (auto way = onednn_layer(layer, images, kLast)) ways.push_back(std::move(way));
  if (auto way = mkl_layer(layer, images, kLast)) ways.push_back(std::move(way));

  const kernels::LayerShape& shape = layer.shape;
  const at::Tensor x = at::rand({images, shape.channels, shape.height, shape.width}).contiguous(kLast);
  at::Tensor residual;
  if (layer.residual) {
    residual = at::rand({images, shape.outputs, shape.out_height(), shape.out_width()}).contiguous(kLast);
  }
  std::vector<double> shortest(ways.size(), std::numeric_limits<double>::infinity());
  constexpr int kRounds = 6;  // in turns, so that a disturbance meets all
  for (int round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < ways.size(); ++i) {
      shortest[i] = std::min(shortest[i], seconds(*ways[i], x, residual));
    }
  }
  return std::move(
      ways[static_cast<std::size_t>(std::min_element(shortest.begin(), shortest.end()) - shortest.begin())]);
}

}  // namespace coppice
