#include "train/mlp/tensors.h"

#include "coppice/error.h"

#include <algorithm>

#include <fmt/format.h>

namespace coppice {

namespace {

void put_weight(const MlpLayer& layer, const Tensor& from, Floats& to) {
  layer.layout.pack(from.as<float>().data(), to.data());
  for (std::int64_t i = 0; i < layer.layout.floats(); ++i) {
    if ((layer.mask[static_cast<std::size_t>(i / 64)] >> (i % 64) & 1) == 0) to.data()[i] = 0;
  }
}

void put_bias(const Tensor& from, Floats& to) {
  const auto values = from.as<float>();
  std::copy(values.begin(), values.end(), to.data());
}

Tensor get_weight(const MlpLayer& layer, const Floats& from) {
  Tensor tensor = Tensor::zeros(DType::kF32, {layer.spec.out, layer.spec.in});
  layer.layout.unpack(from.data(), tensor.as<float>().data());
  return tensor;
}

Tensor get_bias(const MlpLayer& layer, const Floats& from) {
  Tensor tensor = Tensor::zeros(DType::kF32, {layer.spec.out});
  std::copy_n(from.data(), layer.spec.out, tensor.as<float>().data());
  return tensor;
}

const Tensor& entry(const Tensors& tensors, const std::string& name, const std::vector<std::int64_t>& shape,
                    DType dtype) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) throw BadInput(fmt::format("optimiser state has no '{}'", name));
  if (found->second.shape != shape || found->second.dtype != dtype) {
    throw BadInput(fmt::format("optimiser state '{}' has another shape or type than its parameter", name));
  }
  return found->second;
}

}  // namespace

void check_masks(const std::vector<MlpLayer>& layers, const Masks& masks) {
  for (const NamedMask& mask : masks) {
    const bool fits = std::any_of(layers.begin(), layers.end(), [&](const MlpLayer& layer) {
      return layer.spec.name + ".weight" == mask.name &&
             mask.mask.shape() == std::vector<std::int64_t>{layer.spec.out, layer.spec.in};
    });
    if (!fits) throw BadInput(fmt::format("mask '{}' fits no weight of the network", mask.name));
  }
}

void put_parameters(std::vector<MlpLayer>& layers, const Tensors& tensors) {
  for (MlpLayer& layer : layers) {
    put_weight(layer, tensors.at(layer.spec.name + ".weight"), layer.weight.value);
    if (layer.spec.bias) put_bias(tensors.at(layer.spec.name + ".bias"), layer.bias.value);
  }
}

Tensors get_parameters(const std::vector<MlpLayer>& layers) {
  Tensors tensors;
  for (const MlpLayer& layer : layers) {
    tensors[layer.spec.name + ".weight"] = get_weight(layer, layer.weight.value);
    if (layer.spec.bias) tensors[layer.spec.name + ".bias"] = get_bias(layer, layer.bias.value);
  }
  return tensors;
}

void clear_states(std::vector<MlpLayer>& layers) {
  for (MlpLayer& layer : layers) {
    for (Floats& state : layer.weight.state) std::fill_n(state.data(), layer.layout.floats(), 0.0f);
    for (Floats& state : layer.bias.state) std::fill_n(state.data(), layer.layout.columns(), 0.0f);
  }
}

std::int64_t put_states(std::vector<MlpLayer>& layers, const UpdateRule& rule, const Tensors& tensors) {
  std::size_t used = 0;
  for (MlpLayer& layer : layers) {
    for (std::size_t i = 0; i < rule.states.size(); ++i) {
      const std::string weight = fmt::format("{}.weight.{}", layer.spec.name, rule.states[i]);
      put_weight(layer, entry(tensors, weight, {layer.spec.out, layer.spec.in}, DType::kF32),
                 layer.weight.state[i]);
      ++used;
      if (!layer.spec.bias) continue;
      const std::string bias = fmt::format("{}.bias.{}", layer.spec.name, rule.states[i]);
      put_bias(entry(tensors, bias, {layer.spec.out}, DType::kF32), layer.bias.state[i]);
      ++used;
    }
  }
  std::int64_t updates = 0;
  if (rule.adam) {
    updates = entry(tensors, "step", {}, DType::kI64).as<std::int64_t>()[0];
    if (updates < 0)
      throw BadInput(fmt::format("optimiser state 'step' is {}; it cannot be negative", updates));
    ++used;
  }
  if (used != tensors.size()) throw BadInput("optimiser state holds tensors that are not this optimiser's");
  return updates;
}

Tensors get_states(const std::vector<MlpLayer>& layers, const UpdateRule& rule, std::int64_t updates) {
  Tensors tensors;
  for (const MlpLayer& layer : layers) {
    for (std::size_t i = 0; i < rule.states.size(); ++i) {
      tensors[fmt::format("{}.weight.{}", layer.spec.name, rule.states[i])] =
          get_weight(layer, layer.weight.state[i]);
      if (!layer.spec.bias) continue;
      tensors[fmt::format("{}.bias.{}", layer.spec.name, rule.states[i])] =
          get_bias(layer, layer.bias.state[i]);
    }
  }
  if (rule.adam) {
    tensors["step"] = Tensor::zeros(DType::kI64, {});
    tensors["step"].as<std::int64_t>()[0] = updates;
  }
  return tensors;
}

}  // namespace coppice
