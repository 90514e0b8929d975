// A step is one parallel region of a few phases. Threads own outputs of every layer (panels.h), so that
// weights and their state stay where they were updated; what travels between cores is activations and
// gradients of hidden layers. Every sum is computed by one thread in an order that does not depend on how
// many there are, and losses are added up in the order of the examples: hence the same bits for 1, 2 and 4
// threads.
#include "train/mlp/mlp_engine.h"

#include "coppice/error.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <omp.h>
#include <optional>

#include <fmt/format.h>

#include "train/mlp/batch_store.h"
#include "train/mlp/layer.h"
#include "train/mlp/softmax.h"
#include "train/mlp/tensors.h"

namespace coppice {

namespace {

class MlpEngine final : public Engine {
 public:
  MlpEngine(const Network& network, const Data& data, const TrainConfig& config, const Device& device)
      : network_(network),
        data_(data),
        config_(config),
        rule_(config),
        shares_(std::max(1, device.threads)),
        capacity_(std::max<std::int64_t>(config.batch, 128)),
        stores_(own_images(data, device) ? static_cast<std::size_t>(shares_) : 1,
                BatchStore(data, capacity_)),
        losses_(static_cast<std::size_t>(capacity_)) {
    for (const LinearSpec& spec : linear_chain(network, nullptr)) {
      layers_.emplace_back(spec, rule_, capacity_, shares_, layers_.empty());
    }
  }

  std::string name() const override { return "mlp"; }

  void load(const Tensors& weights, const Masks& masks, std::uint64_t seed, std::uint64_t level) override {
    check_tensors(network_, weights, "weights to train from");
    check_masks(layers_, masks);
    for (MlpLayer& layer : layers_) {
      layer.mask = layer.layout.pack(find(masks, layer.spec.name + ".weight"));
    }
    put_parameters(layers_, weights);
    clear_states(layers_);
    updates_ = 0;
    seed_ = seed;
    level_ = level;
    order_.emplace(data_, config_.batch, seed, level);
  }

  Tally train(std::int64_t from, std::int64_t to) override {
    if (!order_) throw Failure("internal: train() before load()");
    const std::int64_t per_epoch = steps_per_epoch(data_, config_);
    Tally tally;
    Batch batch, next = from < to ? batch_of(from) : Batch{};
    for (std::int64_t step = from; step < to; ++step) {
      batch = std::move(next);
      next = step + 1 < to ? batch_of(step + 1) : Batch{};
      const UpdateStep update = {learning_rate(config_, step, per_epoch), ++updates_};
      const Tally one = run(batch, &update, next);
      if (!std::isfinite(one.loss_sum)) {
        throw Failure(fmt::format(
            "training diverged at step {}: the loss is not finite; lower train.learning_rate", step));
      }
      tally += one;
    }
    return tally;
  }

  Tally evaluate(Split split) override {
    Tally tally;
    Batch batch;
    batch.split = split;
    for (std::int64_t i = 0, count = data_.count(split); i < count;) {
      batch.indices.clear();
      for (; i < count && batch.count() < capacity_; ++i) batch.indices.push_back(data_.index(split, i));
      tally += run(batch, nullptr, {});
    }
    return tally;
  }

  Tensors weights() const override { return get_parameters(layers_); }
  Tensors optimizer_state() const override { return get_states(layers_, rule_, updates_); }
  void set_optimizer_state(const Tensors& state) override { updates_ = put_states(layers_, rule_, state); }

 private:
  Batch batch_of(std::int64_t step) {
    const BatchOrder::Batch place = order_->at(step);
    Batch batch;
    batch.indices.assign(place.indices.begin(), place.indices.end());
    if (data_.augment != "none") {
      batch.jitter =
          draw_jitter(seed_, level_, static_cast<std::uint64_t>(place.epoch), place.first, batch.count());
    }
    return batch;
  }

  /// Forward, and with `update` backward and the update of all weights. `next` may be empty.
  Tally run(const Batch& batch, const UpdateStep* update, const Batch& next) {
    std::exception_ptr error;
#pragma omp parallel num_threads(shares_)
    {
      omp_set_num_threads(1);  // for what is called from here: gathering and updates know teams of their own
      each_share([&](int share) {
        try {
          store(share).gather(batch, gathered_by(share, batch));
        } catch (...) {
#pragma omp critical(coppice_mlp_error)
          error = std::current_exception();
        }
        for (std::size_t i = 1; update && i < layers_.size(); ++i) layers_[i].transpose(share);
      });
      forward(batch);
      if (update) backward(batch.count(), *update, next);
    }
    if (error) std::rethrow_exception(error);
    return sum(batch.count());
  }

  /// The runtime may give fewer threads than asked for; the work is cut the same way all the same.
  template <class Work>
  void each_share(Work work) const {
    for (int share = omp_get_thread_num(); share < shares_; share += omp_get_num_threads()) work(share);
  }

  // Few threads each make a copy of the batch: converting bytes takes less than fetching floats from the
  // cache of another core. Many threads, or work on every image, are shared out.
  static bool own_images(const Data& data, const Device& device) {
    return device.threads <= 8 && data.augment == "none";
  }

  BatchStore& store(int share) { return stores_[static_cast<std::size_t>(share) % stores_.size()]; }

  Range gathered_by(int share, const Batch& batch) const {
    return stores_.size() > 1 ? Range{0, batch.count()} : share_of(batch.count(), share, shares_);
  }

  // Between two phases every share must have finished the first one, unless both are cut by examples alone:
  // then a share needs only what it made itself. Losses are always cut by examples.
  void forward(const Batch& batch) {
    bool by_examples = false;
    for (std::size_t i = 0; i <= layers_.size(); ++i) {
      const bool next = i == layers_.size() || layers_[i].layout.all_shared();
      if (!(by_examples && next)) {
#pragma omp barrier
      }
      by_examples = next;
      each_share([&](int share) {
        if (i < layers_.size()) {
          layers_[i].forward(input(i, share), batch.count(), share);
        } else {
          loss(batch, share);
        }
      });
    }
  }

  void loss(const Batch& batch, int share) {
    const Matrix logits = layers_.back().output(), gradient = layers_.back().gradient();
    const float scale = 1.0f / static_cast<float>(batch.count());
    const Range mine = share_of(batch.count(), share, shares_);
    for (std::int64_t n = mine.begin; n < mine.end; ++n) {
      const auto place = static_cast<std::size_t>(n);
      losses_[place] =
          softmax_cross_entropy(logits.data + n * logits.pitch, network_.classes, store(share).label(n),
                                scale, gradient.data + n * gradient.pitch);
    }
  }

  void backward(std::int64_t examples, const UpdateStep& update, const Batch& next) {
    bool by_examples = true;
    for (std::size_t i = layers_.size() - 1; i > 0; --i) {
      const bool below = layers_[i - 1].layout.all_shared();
      if (!(by_examples && below)) {
#pragma omp barrier
      }
      by_examples = below;
      each_share([&](int share) { layers_[i].backward(layers_[i - 1], examples, share); });
    }
    // Updates read activations, gradients and own weights only: no order among them, and none with
    // `backward`, which reads transposed copies. The first layer's gradient is where it is needed, but for
    // shared panels.
    if (layers_.size() == 1 || layers_.front().layout.any_shared()) {
#pragma omp barrier
    }
    each_share([&](int share) { store(share).prefetch(next, gathered_by(share, next)); });
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      each_share([&](int share) { layers_[i].update(input(i, share), examples, rule_, update, share); });
    }
  }

  Tally sum(std::int64_t count) const {
    Tally tally;
    tally.examples = count;
    for (std::size_t n = 0; n < static_cast<std::size_t>(count); ++n) {
      tally.loss_sum += losses_[n].loss;
      tally.correct += losses_[n].hit;
    }
    return tally;
  }

  Matrix input(std::size_t layer, int share) {
    return layer == 0 ? store(share).images() : layers_[layer - 1].output();
  }

  const Network& network_;
  const Data& data_;
  const TrainConfig config_;
  const UpdateRule rule_;
  const int shares_;
  const std::int64_t capacity_;  // examples in one batch, of training or evaluation
  std::vector<MlpLayer> layers_;
  std::vector<BatchStore> stores_;  // one, or one for each share
  std::vector<ExampleLoss> losses_;
  std::optional<BatchOrder> order_;
  std::uint64_t seed_ = 0, level_ = 0;
  std::int64_t updates_ = 0;  // since the state was zero
};

}  // namespace

std::unique_ptr<Engine> make_mlp_engine(const Network& network, const Data& data, const TrainConfig& config,
                                        const Device& device) {
  std::string why;
  if (!mlp_can_train(network, config, device, &why)) {
    throw BadInput(
        fmt::format("train.engine = \"mlp\" cannot train '{}': {}; use \"auto\"", network.name, why));
  }
  steps_per_epoch(data, config);  // refuses an impossible batch
  if (data.pool.image != network.input || data.classes > network.classes) {
    throw BadInput(fmt::format(
        "network '{}' takes {} x {} x {} images of {} classes, but '{}' has {} x {} x {} of {}", network.name,
        network.input.channels, network.input.height, network.input.width, network.classes, data.name,
        data.pool.image.channels, data.pool.image.height, data.pool.image.width, data.classes));
  }
  return std::make_unique<MlpEngine>(network, data, config, device);
}

}  // namespace coppice
