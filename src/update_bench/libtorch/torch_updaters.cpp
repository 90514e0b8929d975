#include "update_bench/libtorch/torch_updaters.h"

#include "coppice/error.h"

#include <optional>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/StreamGuard.h>

#include "base/libtorch/guarded.h"

namespace coppice {

namespace {

using TensorLists = std::vector<at::Tensor>;

enum class How { kFused, kForeach };

/// All arrays of a network, as lists of tensors.
struct Lists {
  TensorLists values, gradients, first, second, steps;
  TensorLists masks;                ///< Of tensors that have one.
  std::vector<std::size_t> masked;  ///< Which these are.
  TensorLists masked_values, masked_states, state_masks;

  void find_masked(const std::vector<std::size_t>& which) {
    masked = which;
    for (std::size_t i = 0; i < masked.size(); ++i) {
      masked_values.push_back(values[masked[i]]);
      for (const TensorLists* states : {&first, &second}) {
        if (states->empty()) continue;
        masked_states.push_back((*states)[masked[i]]);
        state_masks.push_back(masks[i]);
      }
    }
  }
};

at::Tensor placed(const std::vector<float>& values, const at::Device& device) {
  return at::tensor(at::ArrayRef<float>(values)).to(device);
}

std::vector<float> mask_floats(const UpdateTensorData& tensor) {
  std::vector<float> floats(tensor.value.size());
  for (std::size_t i = 0; i < floats.size(); ++i)
    floats[i] = tensor.kept(static_cast<std::int64_t>(i)) ? 1 : 0;
  return floats;
}

Lists make_lists(const UpdateData& data, const at::Device& device) {
  Lists lists;
  std::vector<std::size_t> masked;
  for (const UpdateTensorData& tensor : data.tensors) {
    lists.values.push_back(placed(tensor.value, device));
    lists.gradients.push_back(placed(tensor.gradient, device));
    lists.first.push_back(at::zeros_like(lists.values.back()));
    if (data.states() > 1) {
      lists.second.push_back(at::zeros_like(lists.values.back()));
      lists.steps.push_back(at::zeros({}, lists.values.back().options()));
    }
    if (tensor.mask.empty()) continue;
    masked.push_back(lists.values.size() - 1);
    lists.masks.push_back(placed(mask_floats(tensor), device));
  }
  lists.find_masked(masked);
  return lists;
}

void fused_sgd(Lists& lists) {
  at::_fused_sgd_(lists.values, lists.gradients, lists.first, kTimedSgd.weight_decay, kTimedSgd.momentum,
                  kTimedSgd.learning_rate, /*dampening=*/0, /*nesterov=*/false, /*maximize=*/false,
                  /*is_first_step=*/false);
}

void fused_adam(Lists& lists) {
  const kernels::AdamStep step = timed_adam(1);
  at::_foreach_add_(lists.steps, 1);
  at::_fused_adam_(lists.values, lists.gradients, lists.first, lists.second, {}, lists.steps,
                   step.learning_rate, step.beta1, step.beta2, step.weight_decay, step.epsilon,
                   /*amsgrad=*/false,
                   /*maximize=*/false);
}

TensorLists clones(const TensorLists& list) {
  TensorLists copies;
  for (const at::Tensor& tensor : list) copies.push_back(tensor.clone());
  return copies;
}

/// With memory of its own.
Lists copied(const Lists& lists) {
  Lists copy;
  copy.values = clones(lists.values);
  copy.gradients = clones(lists.gradients);
  copy.first = clones(lists.first);
  copy.second = clones(lists.second);
  copy.steps = clones(lists.steps);
  copy.masks = clones(lists.masks);
  copy.find_masked(lists.masked);
  return copy;
}

/// The same sums in another order, and without memory of its own.
void foreach_sgd(Lists& lists) {
  at::_foreach_mul_(lists.first, kTimedSgd.momentum);
  at::_foreach_add_(lists.first, lists.gradients);
  at::_foreach_add_(lists.first, lists.values, kTimedSgd.weight_decay);
  at::_foreach_add_(lists.values, lists.first, -kTimedSgd.learning_rate);
}

/// Makes a stream of ours LibTorch's current one.
c10::Stream torch_stream(const at::Device& device, kernels::CudaStream stream) {
  // LibTorch names streams that it did not make by their handle.
  const c10::Stream named(c10::Stream::UNSAFE, device, reinterpret_cast<c10::StreamId>(stream));
  if (named.native_handle() != stream) throw Failure("this LibTorch does not take the streams of others");
  return named;
}

class TorchUpdater : public Updater {
 public:
  TorchUpdater(const UpdateData& data, const at::Device& device, std::int64_t copies, How how, Leaves leaves)
      : sgd_(data.optimizer == UpdateOptimizer::kSgd), device_(device), how_(how), leaves_(leaves) {
    for (std::int64_t i = 0; i < copies; ++i)
      copies_.push_back(i == 0 ? make_lists(data, device) : copied(copies_.front()));
  }

  std::string name() const override {
    const std::string name = how_ == How::kFused ? "fused" : "foreach";
    if (leaves_ == Leaves::kAnything) return name;
    return name + (leaves_ == Leaves::kZeroValue ? ", mask values" : ", mask values and states");
  }
  std::string variant() const override { return ""; }
  bool own() const override { return false; }
  Leaves leaves() const override { return leaves_; }

  void run(std::int64_t call, kernels::CudaStream stream) override {
    Lists& lists = copies_[static_cast<std::size_t>(call) % copies_.size()];
    guarded([&] {
      std::optional<c10::StreamGuard> guard;
      if (device_.is_cuda()) guard.emplace(torch_stream(device_, stream));
      const at::NoGradGuard no_grad;
      if (how_ == How::kForeach) {
        foreach_sgd(lists);
      } else if (sgd_) {
        fused_sgd(lists);
      } else {
        fused_adam(lists);
      }
      if (leaves_ == Leaves::kAnything) return;
      at::_foreach_mul_(lists.masked_values, lists.masks);
      if (leaves_ == Leaves::kZero) at::_foreach_mul_(lists.masked_states, lists.state_masks);
    });
  }

  std::vector<std::vector<float>> values() const override {
    return guarded([&] {
      std::vector<std::vector<float>> values;
      for (const at::Tensor& tensor : copies_.front().values) {
        const at::Tensor host = tensor.cpu();
        const float* const data = host.const_data_ptr<float>();
        values.emplace_back(data, data + host.numel());
      }
      return values;
    });
  }

 private:
  bool sgd_;
  at::Device device_;
  How how_;
  Leaves leaves_;
  std::vector<Lists> copies_;
};

}  // namespace

Updaters torch_updaters(const UpdateData& data, int device, std::int64_t copies) {
  return guarded([&] {
    const at::Device on =
        device < 0 ? at::Device(at::kCPU) : at::Device(at::kCUDA, static_cast<at::DeviceIndex>(device));
    bool masks = false;
    for (const UpdateTensorData& tensor : data.tensors) masks |= !tensor.mask.empty();
    std::vector<std::pair<How, Leaves>> ways;
    for (const How how : {How::kFused, How::kForeach}) {
      if (how == How::kForeach && data.optimizer != UpdateOptimizer::kSgd) continue;
      if (!masks) {
        ways.emplace_back(how, Leaves::kAnything);
        continue;
      }
      ways.emplace_back(how, Leaves::kZeroValue);
      if (how == How::kFused) ways.emplace_back(how, Leaves::kZero);
    }
    Updaters updaters;
    for (const auto& [how, leaves] : ways)
      updaters.push_back(std::make_unique<TorchUpdater>(data, on, copies, how, leaves));
    return updaters;
  });
}

}  // namespace coppice
