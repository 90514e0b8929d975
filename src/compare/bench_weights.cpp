#include "compare/bench_weights.h"

#include "coppice/checkpoint.h"
#include "coppice/error.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "base/to_floats.h"
#include "sparse/program.h"

namespace coppice {

namespace {

WeightsFile layers_of_network(const SafetensorsFile& file, const std::string& path) {
  WeightsFile result;
  std::set<std::string> weights;
  try {
    const Network network = network_from_json(file.metadata.at("network"));
    for (Step& step : compile_program(network, file.tensors).steps) {
      if (step.kind != Step::Kind::kLayer) continue;
      step.layer.residual = false;  // alone: what it would be added to is not there
      weights.insert(step.weight);
      result.layers.push_back({step.weight, std::make_shared<kernels::Layer>(std::move(step.layer))});
    }
  } catch (const BadInput& error) {
    throw BadInput(fmt::format("{}: {}", path, error.what()));
  }
  for (const auto& [name, tensor] : file.tensors) {
    if (!weights.contains(name)) result.skipped.push_back({name, "folded into a layer, or part of none"});
  }
  result.shapes_from = "the file's own network";
  return result;
}

/// Why a tensor is no layer; empty where it is one.
std::string why_none(const Tensor& tensor, ImageSize image) {
  const auto& shape = tensor.shape;
  if (!is_floating(tensor.dtype))
    return fmt::format("{} is no floating-point type", dtype_name(tensor.dtype));
  if (shape.size() != 2 && shape.size() != 4)
    return fmt::format("{} dimension{}", shape.size(), shape.size() == 1 ? "" : "s");
  if (tensor.size() == 0) return "empty";
  if (shape.size() == 4 && shape[2] != shape[3]) return "the window is not square";
  if (shape.size() == 4 && shape[2] > std::min(image.height, image.width) + shape[2] / 2 * 2)
    return "the window is larger than the image";
  return "";
}

kernels::Layer layer_of(const std::string& name, const Tensor& tensor, ImageSize image) {
  const auto& shape = tensor.shape;
  kernels::Layer layer;
  layer.shape = shape.size() == 2 ? linear_shape(shape[0], shape[1])
                                  : conv_shape(shape[0], shape[1], image.height, image.width, shape[2]);
  check_size(layer.shape, 1, name);
  const std::vector<float> weights = to_floats(tensor);
  const auto bad = std::find_if(weights.begin(), weights.end(), [](float w) { return !std::isfinite(w); });
  if (bad != weights.end())
    throw BadInput(fmt::format("'{}' holds {} at index {}", name, *bad, bad - weights.begin()));
  layer.weights = kernels::csr_from_dense(weights.data(), shape[0], layer.shape.columns());
  layer.bias.assign(static_cast<std::size_t>(shape[0]), 0);
  layer.relu = true;
  return layer;
}

}  // namespace

WeightsFile read_weights(const std::string& path, ImageSize image) {
  const SafetensorsFile file = read_safetensors(path);
  if (file.metadata.contains("network")) return layers_of_network(file, path);
  WeightsFile result;
  for (const auto& [name, tensor] : file.tensors) {
    const std::string why = why_none(tensor, image);
    if (!why.empty()) {
      result.skipped.push_back({name, why});
      continue;
    }
    try {
      result.layers.push_back({name, std::make_shared<kernels::Layer>(layer_of(name, tensor, image))});
    } catch (const BadInput& error) {
      throw BadInput(fmt::format("{}: {}", path, error.what()));
    }
  }
  if (result.layers.empty()) {
    throw BadInput(
        fmt::format("{}: no floating-point tensor of 2 or 4 dimensions among its {}, so no layer to time",
                    path, file.tensors.size()));
  }
  result.shapes_from = fmt::format(
      "the tensors; convolutions on images of {}x{}, stride 1, padded by half the window (--image HxW for "
      "others)",
      image.height, image.width);
  return result;
}

}  // namespace coppice
