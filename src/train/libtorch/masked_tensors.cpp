#include "train/libtorch/masked_tensors.h"

#include "coppice/error.h"

#include <algorithm>

#include <fmt/format.h>

#include "train/libtorch/torch_convert.h"

namespace coppice {

MaskedTensors::MaskedTensors(const Network& network, const TorchNetwork& model, const Masks& masks,
                             const Tensors& given, const at::Device& device) {
  check_tensors(network, given, "the weights to be scored");
  for (const TensorSpec& spec : model.specs()) {
    at::Tensor tensor = to_torch(given.at(spec.name));
    all.push_back(spec.role == Role::kBatchCount ? tensor : tensor.to(device));
  }
  for (const NamedMask& named : masks) {
    const auto spec = std::find_if(model.specs().begin(), model.specs().end(), [&](const TensorSpec& one) {
      return one.name == named.name && one.role == Role::kWeight && one.shape == named.mask.shape();
    });
    if (spec == model.specs().end())
      throw BadInput(fmt::format("{}: the mask fits no weight of network '{}'", named.name, network.name));
    const std::vector<std::uint8_t> bits = named.mask.unpacked();
    keep.push_back(
        at::tensor(at::ArrayRef<std::uint8_t>(bits)).reshape(spec->shape).to(device).to(at::kFloat));
    places.push_back(static_cast<std::size_t>(spec - model.specs().begin()));
    all[places.back()].masked_fill_(keep.back().eq(0), 0);
  }
}

std::vector<at::Tensor> MaskedTensors::variables() const {
  std::vector<at::Tensor> weights;
  for (const std::size_t place : places) weights.push_back(at::Tensor(all[place]).requires_grad_(true));
  return weights;
}

std::vector<at::Tensor> MaskedTensors::zeros() const {
  std::vector<at::Tensor> made;
  for (const at::Tensor& mask : keep) made.push_back(at::zeros_like(mask, at::kDouble));
  return made;
}

PerWeight MaskedTensors::read(const std::vector<at::Tensor>& values) const {
  PerWeight read;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const at::Tensor host =
        values[i].detach().to(at::kDouble).masked_fill(keep[i].eq(0), 0).cpu().contiguous();
    const double* const first = host.const_data_ptr<double>();
    read.emplace_back(first, first + host.numel());
  }
  return read;
}

}  // namespace coppice
