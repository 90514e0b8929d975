#include "train/libtorch/torch_optimizer.h"

#include "coppice/error.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "kernels/cpu/masked_update/masked_update.h"
#include "train/libtorch/torch_convert.h"

namespace coppice {

namespace {

constexpr const char* kUpdates = "step";

std::vector<std::uint64_t> words_of(const Mask& mask) {
  std::vector<std::uint64_t> words(static_cast<std::size_t>((mask.size() + 63) / 64), 0);
  const std::vector<std::uint8_t> kept = mask.unpacked();
  for (std::size_t i = 0; i < kept.size(); ++i) words[i / 64] |= std::uint64_t{kept[i]} << (i % 64);
  return words;
}

at::Tensor bools_of(const Mask& mask) {
  const std::vector<std::uint8_t> kept = mask.unpacked();
  return at::tensor(at::ArrayRef<std::uint8_t>(kept)).to(at::kBool).reshape(mask.shape());
}

float* floats(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.mutable_data_ptr<float>() : nullptr;
}

}  // namespace

TorchOptimizer::TorchOptimizer(const TrainConfig& config, bool plain) : config_(config), plain_(plain) {
  if (config.optimizer != "sgd" && config.optimizer != "adam") {
    throw BadInput(fmt::format("train.optimizer is '{}'; it must be sgd or adam", config.optimizer));
  }
}

std::vector<std::pair<std::string, at::Tensor TorchOptimizer::Slot::*>> TorchOptimizer::state_parts() const {
  if (adam()) return {{".exp_avg", &Slot::first}, {".exp_avg_sq", &Slot::second}};
  if (config_.momentum != 0) return {{".momentum", &Slot::first}};
  return {};
}

void TorchOptimizer::load(const std::vector<std::string>& names, const std::vector<at::Tensor>& parameters,
                          const Masks& masks) {
  for (const NamedMask& named : masks) {
    const auto found = std::find(names.begin(), names.end(), named.name);
    if (found == names.end()) {
      throw BadInput(fmt::format("the mask of '{}' belongs to no parameter of this network{}", named.name,
                                 did_you_mean(named.name, names)));
    }
    if (parameters[static_cast<std::size_t>(found - names.begin())].sizes() != named.mask.shape()) {
      throw BadInput(fmt::format("the mask of '{}' does not have its parameter's shape", named.name));
    }
  }
  slots_.clear();
  updates_ = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    Slot slot{.name = names[i], .value = parameters[i]};
    for (const auto& [suffix, part] : state_parts()) slot.*part = at::zeros_like(parameters[i].detach());
    if (const Mask* mask = find(masks, names[i])) {
      if (plain_) {
        slot.keep = bools_of(*mask).to(slot.value.device());
      } else {
        slot.bits = words_of(*mask);
      }
    }
    apply_mask(slot);
    slots_.push_back(std::move(slot));
  }
}

void TorchOptimizer::apply_mask(Slot& slot) const {
  const at::NoGradGuard no_grad;
  for (at::Tensor* tensor : {&slot.value, &slot.first, &slot.second}) {
    if (!tensor->defined()) continue;
    if (slot.keep.defined()) tensor->copy_(at::where(slot.keep, *tensor, 0));
    if (slot.bits.empty()) continue;
    float* const values = floats(*tensor);
    for (std::int64_t i = 0; i < tensor->numel(); ++i) {
      if (!(slot.bits[static_cast<std::size_t>(i / 64)] >> (i % 64) & 1)) values[i] = 0;
    }
  }
}

void TorchOptimizer::step(double learning_rate) {
  const at::NoGradGuard no_grad;
  ++updates_;
  for (Slot& slot : slots_) {
    at::Tensor& held = slot.value.mutable_grad();
    const at::Tensor gradient = held.defined() ? held : at::zeros_like(slot.value.detach());
    held.reset();
    if (plain_) {
      step_plain(slot, gradient, learning_rate);
    } else {
      step_kernel(slot, gradient.contiguous(), learning_rate);
    }
  }
}

void TorchOptimizer::step_kernel(Slot& slot, const at::Tensor& gradient, double learning_rate) const {
  const std::uint64_t* const mask = slot.bits.empty() ? nullptr : slot.bits.data();
  if (adam()) {
    kernels::masked_adam(
        floats(slot.value), gradient.const_data_ptr<float>(), floats(slot.first), floats(slot.second), mask,
        slot.value.numel(),
        {learning_rate, config_.beta1, config_.beta2, config_.epsilon, config_.weight_decay, updates_});
  } else {
    kernels::masked_sgd(floats(slot.value), gradient.const_data_ptr<float>(), floats(slot.first), mask,
                        slot.value.numel(), {learning_rate, config_.momentum, config_.weight_decay});
  }
}

void TorchOptimizer::step_plain(Slot& slot, at::Tensor gradient, double learning_rate) const {
  if (config_.weight_decay != 0) gradient = gradient.add(slot.value, config_.weight_decay);
  if (adam()) {
    const auto t = static_cast<double>(updates_);
    slot.first.lerp_(gradient, 1 - config_.beta1);
    slot.second.mul_(config_.beta2).addcmul_(gradient, gradient, 1 - config_.beta2);
    const at::Tensor divisor =
        slot.second.sqrt().div_(std::sqrt(1 - std::pow(config_.beta2, t))).add_(config_.epsilon);
    slot.value.addcdiv_(slot.first, divisor, -learning_rate / (1 - std::pow(config_.beta1, t)));
  } else if (config_.momentum != 0) {
    slot.first.mul_(config_.momentum).add_(gradient);
    slot.value.add_(slot.first, -learning_rate);
  } else {
    slot.value.add_(gradient, -learning_rate);
  }
  apply_mask(slot);
}

Tensors TorchOptimizer::state() const {
  Tensors state;
  for (const Slot& slot : slots_) {
    for (const auto& [suffix, part] : state_parts()) state[slot.name + suffix] = from_torch(slot.*part);
  }
  if (adam()) {
    Tensor& updates = state[kUpdates] = Tensor::zeros(DType::kI64, {});
    updates.as<std::int64_t>()[0] = updates_;
  }
  return state;
}

void TorchOptimizer::set_state(const Tensors& given) {
  const Tensors mine = state();
  for (const auto& [name, tensor] : mine) {
    const auto found = given.find(name);
    if (found == given.end()) {
      throw BadInput(fmt::format("the optimiser's state lacks '{}'; it is from another optimiser", name));
    }
    if (found->second.shape != tensor.shape || found->second.dtype != tensor.dtype) {
      throw BadInput(fmt::format("the optimiser's state '{}' has another shape or type", name));
    }
  }
  for (const auto& [name, tensor] : given) {
    if (!mine.contains(name)) {
      throw BadInput(fmt::format("the optimiser's state '{}' belongs to no parameter here", name));
    }
  }
  if (adam()) {
    const std::int64_t updates = given.at(kUpdates).as<std::int64_t>()[0];
    if (updates < 0) throw BadInput(fmt::format("the optimiser's state 'step' is {}, below 0", updates));
    updates_ = updates;
  }
  for (Slot& slot : slots_) {
    for (const auto& [suffix, part] : state_parts())
      (slot.*part).copy_(to_torch(given.at(slot.name + suffix)));
    apply_mask(slot);
  }
}

}  // namespace coppice
