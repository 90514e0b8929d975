#pragma once
#include "coppice/mask.h"
#include "coppice/train.h"

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/ATen.h>

namespace coppice {

/// SGD or Adam with masks over leaf tensors, as torch.optim computes them. Where a mask is 0, value and state
/// are exactly 0 after `load` and after every step, whatever their gradient.
class TorchOptimizer {
 public:
  /// `plain`: ATen's operations on any device; else kernels/cpu/masked_update.
  TorchOptimizer(const TrainConfig& config, bool plain);

  /// Takes parameters and zeroes the state. Throws BadInput where a mask fits no parameter.
  void load(const std::vector<std::string>& names, const std::vector<at::Tensor>& parameters,
            const Masks& masks);

  /// One update from the parameters' gradients, which it drops. No gradient counts as 0.
  void step(double learning_rate);

  Tensors state() const;
  /// Throws BadInput, and changes nothing, where names or shapes are not those of state().
  void set_state(const Tensors& state);

 private:
  struct Slot {
    std::string name;
    at::Tensor value;
    at::Tensor first{}, second{};       ///< Momentum, or both moments; undefined where not used.
    at::Tensor keep{};                  ///< Bool, on the device; undefined: all kept. Plain only.
    std::vector<std::uint64_t> bits{};  ///< Empty: all kept. Kernels only.
  };

  bool adam() const { return config_.optimizer == "adam"; }
  std::vector<std::pair<std::string, at::Tensor Slot::*>> state_parts() const;
  void apply_mask(Slot& slot) const;
  void step_kernel(Slot& slot, const at::Tensor& gradient, double learning_rate) const;
  void step_plain(Slot& slot, at::Tensor gradient, double learning_rate) const;

  TrainConfig config_;
  bool plain_;
  std::int64_t updates_ = 0;
  std::vector<Slot> slots_;
};

}  // namespace coppice
