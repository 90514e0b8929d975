// Derivatives for pruning, by LibTorch's autograd on the network as a function of its tensors. Examples go
// through in chunks, so that memory stays small, and sums over them are kept in FP64.
#include "coppice/train.h"

#include <algorithm>
#include <optional>

#include <torch/csrc/autograd/autograd.h>

#include "train/libtorch/fisher.h"
#include "train/libtorch/libtorch_settings.h"
#include "train/libtorch/masked_tensors.h"
#include "train/libtorch/torch_batches.h"
#include "train/libtorch/torch_scopes.h"

namespace coppice {

namespace {

constexpr std::int64_t kChunk = 32;

using Values = std::vector<at::Tensor>;

class TorchDerivatives : public Derivatives {
 public:
  explicit TorchDerivatives(const DerivativesTask& task)
      : task_(task),
        device_(task.device.type == "cuda"
                    ? at::Device(at::kCUDA, static_cast<at::DeviceIndex>(task.device.index))
                    : at::Device(at::kCPU)),
        model_(task.network, /*own_norm=*/false) {}

  PerWeight gradient(const Masks& masks, const Tensors& weights, double temperature) override {
    return at_point(masks, weights, [&](const MaskedTensors& point) {
      return mean_gradient(point, 0, example_count(), temperature);
    });
  }

  PerWeight hessian_times(const Masks& masks, const Tensors& weights, const PerWeight& v,
                          double temperature) override {
    return at_point(masks, weights, [&](const MaskedTensors& point) {
      const Values variables = point.variables();
      Values direction, sums = point.zeros();
      for (std::size_t i = 0; i < v.size(); ++i) {
        direction.push_back(at::tensor(at::ArrayRef<double>(v[i]))
                                .reshape(point.keep[i].sizes())
                                .to(device_, at::kFloat)
                                .mul_(point.keep[i]));
      }
      for_chunks(0, example_count(), [&](const TorchBatch& chunk) {
        const Values slopes = torch::autograd::grad({loss(point, chunk, temperature)}, variables, {},
                                                    std::nullopt, /*create_graph=*/true);
        at::Tensor along;
        for (std::size_t i = 0; i < slopes.size(); ++i) {
          const at::Tensor part = (slopes[i] * direction[i]).sum();
          along = along.defined() ? along + part : part;
        }
        add(sums, torch::autograd::grad({along}, variables, {}, std::nullopt, false,
                                        /*allow_unused=*/true));
      });
      return divided(std::move(sums), example_count());
    });
  }

  PerWeight squared_gradient(const Masks& masks, const Tensors& weights) override {
    return at_point(masks, weights, [&](const MaskedTensors& point) {
      Values sums = point.zeros();
      std::int64_t batches = 0;
      for (std::int64_t first = 0; first < example_count(); first += task_.batch, ++batches) {
        Values slopes = mean_gradient(point, first, std::min(first + task_.batch, example_count()), 1.0);
        for (at::Tensor& slope : slopes) slope.square_();
        add(sums, slopes);
      }
      return divided(std::move(sums), batches);
    });
  }

  PerWeight fisher_diagonal(const Masks& masks, const Tensors& weights) override {
    return at_point(masks, weights, [&](const MaskedTensors& point) {
      Values sums = point.zeros();
      for_chunks(0, example_count(), [&](const TorchBatch& chunk) {
        add_fisher(task_.network, model_, point, chunk.images, sums);
      });
      return divided(std::move(sums), example_count());
    });
  }

  PerWeight synaptic_flow(const Masks& masks, const Tensors& weights) override {
    return at_point(masks, weights, [&](MaskedTensors& point) {
      for (at::Tensor& tensor : point.all)
        if (tensor.is_floating_point()) tensor = tensor.to(at::kDouble).abs_();
      const Values variables = point.variables();
      const Extent& image = task_.network.input;
      const at::Tensor ones = at::ones({1, image.channels, image.height, image.width},
                                       at::TensorOptions(at::kDouble).device(device_));
      return torch::autograd::grad({model_.run(ones, point.all, nullptr).sum()}, variables);
    });
  }

 private:
  template <class Take>
  PerWeight at_point(const Masks& masks, const Tensors& weights, const Take& take) {
    return guarded([&] {
      set_deterministic(task_.device.threads);
      MaskedTensors point(task_.network, model_, masks, weights, device_);
      return point.read(take(point));
    });
  }

  const std::vector<std::uint32_t>& examples() {
    if (!batches_) {
      const Data& data = task_.data();
      examples_ = score_examples(data, task_.examples, task_.seed, task_.level);
      batches_ = device_.is_cpu() ? make_host_batches(data, model_.has_convolutions())
                                  : make_resident_batches(data, device_);
    }
    return examples_;
  }
  std::int64_t example_count() { return static_cast<std::int64_t>(examples().size()); }

  template <class Use>
  void for_chunks(std::int64_t from, std::int64_t to, const Use& use) {
    const std::span all(examples());
    for (std::int64_t first = from; first < to; first += kChunk) {
      const auto count = static_cast<std::size_t>(std::min(kChunk, to - first));
      use(batches_->make(Split::kTrain, all.subspan(static_cast<std::size_t>(first), count), {}));
    }
  }

  /// Summed over the chunk's examples.
  at::Tensor loss(const MaskedTensors& point, const TorchBatch& chunk, double temperature) const {
    const at::Tensor logits = model_.run(chunk.images, point.all, nullptr);
    return at::cross_entropy_loss(logits / temperature, chunk.labels, {}, at::Reduction::Sum);
  }

  /// Of the mean loss over examples [from, to).
  Values mean_gradient(const MaskedTensors& point, std::int64_t from, std::int64_t to, double temperature) {
    const Values variables = point.variables();
    Values sums = point.zeros();
    for_chunks(from, to, [&](const TorchBatch& chunk) {
      add(sums, torch::autograd::grad({loss(point, chunk, temperature)}, variables));
    });
    return divided(std::move(sums), to - from);
  }

  static void add(Values& sums, const Values& more) {
    for (std::size_t i = 0; i < sums.size(); ++i)
      if (more[i].defined()) sums[i].add_(more[i]);
  }

  static Values divided(Values sums, std::int64_t count) {
    for (at::Tensor& sum : sums) sum.div_(static_cast<double>(count));
    return sums;
  }

  const DerivativesTask task_;
  at::Device device_;
  TorchNetwork model_;
  std::vector<std::uint32_t> examples_;
  std::unique_ptr<TorchBatches> batches_;
};

}  // namespace

std::unique_ptr<Derivatives> make_derivatives(const DerivativesTask& task) {
  return guarded([&] { return std::make_unique<TorchDerivatives>(task); });
}

}  // namespace coppice
