#pragma once
#include "coppice/network.h"

#include <functional>
#include <vector>

#include <ATen/ATen.h>

namespace coppice {

/// A network's node list as a function of its tensors: no modules, so that weights can be replaced at will
/// and nothing has to be registered twice.
class TorchNetwork {
 public:
  /// `own_norm`: BatchNorm through our CPU kernel, fused with the addition and ReLU after it.
  TorchNetwork(const Network& network, bool own_norm);

  const std::vector<TensorSpec>& specs() const { return specs_; }
  bool has_convolutions() const { return has_convolutions_; }

  /// The factors, 0 or 1 / (1 - rate), that a dropout node multiplies an activation of these sizes with.
  using Dropout = std::function<at::Tensor(const Node& node, at::IntArrayRef sizes)>;

  /// Shown what each linear and convolution node reads and gives, before the output may be written over.
  using Witness = std::function<void(std::size_t node, const at::Tensor& input, const at::Tensor& output)>;

  /// Logits [n, classes] of images [n, c, h, w]. `tensors` as specs(); the batch counters in host memory.
  /// Without `dropout`: evaluation mode. With it: training mode, which updates running statistics and
  /// counters.
  at::Tensor run(const at::Tensor& images, const std::vector<at::Tensor>& tensors, const Dropout* dropout,
                 const Witness* witness = nullptr) const;

 private:
  static constexpr std::size_t kNone = SIZE_MAX;
  /// One step of execution; values are numbered 0 for the image and i + 1 for node i.
  struct Call {
    std::size_t node = 0;               ///< Whose output it computes.
    std::size_t norm = kNone;           ///< The BatchNorm node fused into it, ...
    bool relu = false;                  ///< ... and whether a ReLU ends it.
    std::vector<std::size_t> inputs{};  ///< Fused: what the BatchNorm reads, then the addend if there is one.
    bool in_place = false;              ///< May write over its first input.
    std::vector<std::size_t> spent{};   ///< Values that no later call reads.
  };

  void plan(bool own_norm);
  at::Tensor compute(const Call& call, std::vector<at::Tensor>& values,
                     const std::vector<at::Tensor>& tensors, const Dropout* dropout) const;
  at::Tensor normalise(const Call& call, const std::vector<at::Tensor>& values,
                       const std::vector<at::Tensor>& tensors, bool training) const;

  Network network_;
  std::vector<TensorSpec> specs_;
  std::vector<std::size_t> first_tensor_;  ///< By node: where its tensors begin in specs().
  std::vector<Call> calls_;
  bool has_convolutions_ = false;
};

}  // namespace coppice
