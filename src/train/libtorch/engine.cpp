#include "train/libtorch/engine.h"

#include "coppice/error.h"

#include <optional>

#include <c10/core/InferenceMode.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>

#include "train/dropout.h"
#include "train/libtorch/cuda.h"
#include "train/libtorch/libtorch_settings.h"
#include "train/libtorch/torch_batches.h"
#include "train/libtorch/torch_convert.h"
#include "train/libtorch/torch_network.h"
#include "train/libtorch/torch_optimizer.h"
#include "train/libtorch/torch_scopes.h"
#include "train/libtorch/torch_tally.h"

namespace coppice {

namespace {

class LibtorchEngine : public Engine {
 public:
  LibtorchEngine(const Network& network, const Data& data, const TrainConfig& config, const Device& device,
                 LibtorchPaths paths)
      : network_(network),
        data_(data),
        config_(config),
        threads_(device.threads),
        device_(device.type == "cuda" ? at::Device(at::kCUDA, static_cast<at::DeviceIndex>(device.index))
                                      : at::Device(at::kCPU)),
        steps_per_epoch_(coppice::steps_per_epoch(data, config)),
        model_(network, !paths.plain),
        optimizer_(config, paths.plain) {
    set_deterministic(threads_);
    const bool channels_last = device_.is_cpu() && model_.has_convolutions();
    batches_ = paths.resident ? make_resident_batches(data, device_) : make_host_batches(data, channels_last);
  }

  std::string name() const override { return "libtorch"; }

  void load(const Tensors& weights, const Masks& masks, std::uint64_t seed, std::uint64_t level) override {
    guarded([&] { do_load(weights, masks, seed, level); });
  }
  Tally train(std::int64_t from, std::int64_t to) override {
    return guarded([&] { return do_train(from, to); });
  }
  Tally evaluate(Split split) override {
    return guarded([&] { return do_evaluate(split); });
  }

  Tensors weights() const override {
    require_loaded();
    Tensors weights;
    for (std::size_t i = 0; i < tensors_.size(); ++i) {
      weights[model_.specs()[i].name] = from_torch(tensors_[i]);
    }
    return weights;
  }

  Tensors optimizer_state() const override { return optimizer_.state(); }
  void set_optimizer_state(const Tensors& state) override { optimizer_.set_state(state); }

 private:
  void do_load(const Tensors& weights, const Masks& masks, std::uint64_t seed, std::uint64_t level) {
    check_tensors(network_, weights, "the weights to train from");
    std::vector<at::Tensor> tensors, parameters;
    std::vector<std::string> names;
    for (const TensorSpec& spec : model_.specs()) {
      at::Tensor tensor = to_torch(weights.at(spec.name));
      if (spec.role != Role::kBatchCount) tensor = tensor.to(device_);
      if (spec.trainable()) {
        tensor.set_requires_grad(true);
        names.push_back(spec.name);
        parameters.push_back(tensor);
      }
      tensors.push_back(std::move(tensor));
    }
    optimizer_.load(names, parameters, masks);
    tensors_ = std::move(tensors);
    seed_ = seed;
    level_ = level;
    order_.emplace(data_, config_.batch, seed, level);
  }

  Tally do_train(std::int64_t from, std::int64_t to) {
    require_loaded();
    set_deterministic(threads_);
    TorchTally tally;
    for (std::int64_t step = from; step < to; ++step) {
      train_step(step, tally);
      if (tally.first_bad() >= 0) break;
    }
    const Tally& total = tally.read();
    if (tally.first_bad() >= 0) {
      throw Failure(
          fmt::format("training diverged at step {}: the loss is not finite; lower train.learning_rate",
                      from + tally.first_bad()));
    }
    return total;
  }

  Tally do_evaluate(Split split) {
    require_loaded();
    set_deterministic(threads_);
    const std::vector<std::uint32_t> indices = indices_of(split);
    TorchTally tally;
    constexpr std::size_t kBatch = 500;
    for (std::size_t first = 0; first < indices.size(); first += kBatch) {
      const auto part = std::span(indices).subspan(first, std::min(kBatch, indices.size() - first));
      const TorchBatch batch = batches_->make(split, part, {});  // before: its buffers serve training too
      const c10::InferenceMode inference;
      const at::Tensor logits = forward(batch.images, nullptr);
      tally.add(at::cross_entropy_loss(logits, batch.labels), logits, batch.labels);
    }
    return tally.read();
  }

  void require_loaded() const {
    if (tensors_.empty()) throw Failure("internal: the engine is used before load()");
  }

  std::vector<std::uint32_t> indices_of(Split split) const {
    std::vector<std::uint32_t> indices(static_cast<std::size_t>(data_.count(split)));
    for (std::size_t i = 0; i < indices.size(); ++i) {
      indices[i] = data_.index(split, static_cast<std::int64_t>(i));
    }
    return indices;
  }

  at::Tensor forward(const at::Tensor& images, const TorchNetwork::Dropout* dropout) const {
    const Autocast autocast(config_.precision == "bf16");
    return model_.run(images, tensors_, dropout).to(at::kFloat);
  }

  void train_step(std::int64_t step, TorchTally& tally) {
    const BatchOrder::Batch chosen = order_->at(step);
    std::vector<Jitter> jitter;
    if (data_.augment == "flip-crop") {
      jitter = draw_jitter(seed_, level_, static_cast<std::uint64_t>(chosen.epoch), chosen.first,
                           static_cast<std::int64_t>(chosen.indices.size()));
    }
    const TorchBatch batch = batches_->make(Split::kTrain, chosen.indices, jitter);
    const TorchNetwork::Dropout dropout = [&](const Node& node, at::IntArrayRef sizes) {
      at::Tensor factors = at::empty(sizes);
      dropout_factors(seed_, level_, step, node.name, node.rate,
                      {factors.mutable_data_ptr<float>(), static_cast<std::size_t>(factors.numel())});
      return factors.to(device_);
    };
    const at::Tensor logits = forward(batch.images, &dropout);
    const at::Tensor loss = at::cross_entropy_loss(logits, batch.labels);
    tally.add(loss, logits, batch.labels);
    torch::autograd::backward({loss}, {});
    optimizer_.step(learning_rate(config_, step, steps_per_epoch_));
  }

  const Network& network_;
  const Data& data_;
  TrainConfig config_;
  int threads_;
  at::Device device_;
  std::int64_t steps_per_epoch_;
  TorchNetwork model_;
  TorchOptimizer optimizer_;
  std::unique_ptr<TorchBatches> batches_;
  std::vector<at::Tensor> tensors_;  // as model_.specs()
  std::uint64_t seed_ = 0, level_ = 0;
  std::optional<BatchOrder> order_;
};

/// BatchNorm cannot estimate a variance from one value, which a last batch of one example may come to.
void check_smallest_batch(const Network& network, const Data& data, const TrainConfig& config) {
  const auto count = static_cast<std::int64_t>(data.train.size());
  const std::int64_t last = count % config.batch == 0 ? config.batch : count % config.batch;
  if (last > 1) return;
  const std::vector<Extent> sizes = extents(network);
  for (std::size_t i = 0; i < network.nodes.size(); ++i) {
    if (network.nodes[i].op != Op::kBatchNorm || sizes[i].height * sizes[i].width > 1) continue;
    throw BadInput(fmt::format(
        "train.batch = {} leaves one example for the last of each epoch's batches ({} examples), and the "
        "batch_norm node '{}' needs two or more; choose another batch size",
        config.batch, count, network.nodes[i].name));
  }
}

}  // namespace

std::unique_ptr<Engine> make_libtorch_engine(const Network& network, const Data& data,
                                             const TrainConfig& config, const Device& device,
                                             LibtorchPaths paths) {
  if (config.precision != "fp32" && config.precision != "bf16") {
    throw BadInput(fmt::format("train.precision is '{}'; it must be fp32 or bf16", config.precision));
  }
  if (config.precision == "bf16" && device.type != "cuda") {
    throw BadInput("train.precision = \"bf16\" needs a GPU; use fp32 on the CPU, or --device cuda");
  }
  check_smallest_batch(network, data, config);
  if (device.type == "cuda") {
    const CudaState cuda = open_cuda();
    if (device.index >= cuda.devices) {
      throw BadInput(fmt::format("cuda:{} cannot be used: {}", device.index,
                                 cuda.devices ? "there is no such GPU" : cuda.why));
    }
  }
  return guarded([&] { return std::make_unique<LibtorchEngine>(network, data, config, device, paths); });
}

std::unique_ptr<Engine> make_libtorch_engine(const Network& network, const Data& data,
                                             const TrainConfig& config, const Device& device) {
  return make_libtorch_engine(network, data, config, device, LibtorchPaths::of(device));
}

}  // namespace coppice
