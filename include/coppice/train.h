#pragma once
#include "coppice/config.h"
#include "coppice/data.h"
#include "coppice/derivatives.h"
#include "coppice/mask.h"
#include "coppice/network.h"
#include "coppice/tensor.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace coppice {

/// Where training runs. Resolved once ("auto" -> cpu or cuda:0) and recorded with the run.
struct Device {
  std::string type = "cpu";  ///< "cpu" or "cuda"
  int index = 0;
  int threads = 1;  ///< CPU threads.
};

/// Throws BadInput for an unknown device, or for cuda where no usable GPU is found (naming the reason).
/// `threads` 0: the cores this process may use.
Device resolve_device(const std::string& name, int threads);

/// Sums over the examples of some steps, or of an evaluation.
struct Tally {
  std::int64_t examples = 0;
  double loss_sum = 0;  ///< Cross-entropy, natural logarithm.
  std::int64_t correct = 0;
  double loss() const { return examples ? loss_sum / static_cast<double>(examples) : 0; }
  double accuracy() const {
    return examples ? static_cast<double>(correct) / static_cast<double>(examples) : 0;
  }
  /// Losses are rounded to multiples of 2^-20, so that sums are exact and the order of additions leaves no
  /// trace.
  Tally& operator+=(const Tally& other);
  bool operator==(const Tally&) const = default;
};

/// Something that trains one network on one data set. The search does not know which engine runs.
/// Same bits for the same calls on the same machine, device type and thread count.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string name() const = 0;

  /// Puts parameters and buffers in place under the masks (pruned weights become exactly 0), sets the
  /// optimiser's state to zero, and takes batch order and augmentation from (seed, level) from now on. Throws
  /// BadInput where the tensors are not the network's.
  virtual void load(const Tensors& weights, const Masks& masks, std::uint64_t seed, std::uint64_t level) = 0;

  /// Updates [from, to), counted from the start of training: the learning rate and the batch of step s depend
  /// on s alone. After every update pruned weights and their optimiser state are exactly 0. Returns loss and
  /// hits of the training batches, each before its update.
  virtual Tally train(std::int64_t from, std::int64_t to) = 0;

  /// In evaluation mode (running statistics, no dropout, no augmentation). Changes nothing.
  virtual Tally evaluate(Split split) = 0;

  /// Parameters and buffers, host memory, PyTorch's names and layout.
  virtual Tensors weights() const = 0;

  /// Momentum or moments by parameter name ("fc1.weight.momentum"; Adam: ".exp_avg", ".exp_avg_sq", and
  /// "step", I64 [], the updates since the state was zero): with the weights and the step, all that resuming
  /// needs.
  virtual Tensors optimizer_state() const = 0;
  virtual void set_optimizer_state(const Tensors& state) = 0;
};

/// The engine that `config.engine` names: libtorch (any network), mlp (own CPU kernels; linear and relu nodes
/// in a chain), or auto: mlp where it can, else libtorch. References must outlive the engine. Throws BadInput
/// where the engine cannot train this network on this device.
std::unique_ptr<Engine> make_engine(const Network& network, const Data& data, const TrainConfig& config,
                                    const Device& device);

std::vector<std::string> engine_names();

/// ceil(training examples / batch): the last, partial batch counts.
std::int64_t steps_per_epoch(const Data& data, const TrainConfig& config);

/// The learning rate of a step: linear warm-up from learning_rate / (warmup steps) to learning_rate, times
/// the schedule: constant; step: gamma^(milestones passed); cosine: half a wave down to 0 at `length`
/// (Loshchilov & Hutter 2017, without restarts). Lengths in epochs are turned into steps.
double learning_rate(const TrainConfig& config, std::int64_t step, std::int64_t steps_per_epoch);

/// Where derivatives for pruning are taken.
struct DerivativesTask {
  const Network& network;             ///< Must outlive the derivatives.
  std::function<const Data&()> data;  ///< Asked when examples are needed: synaptic flow needs none.
  std::int64_t examples = 1000;       ///< The loss's: that many training examples, or all if fewer.
  std::int64_t batch = 128;           ///< Of squared_gradient; the last, partial batch counts.
  Device device = {};
  std::uint64_t seed = 0;
  std::int64_t level = 0;
};

/// Through LibTorch, in FP32 but where Derivatives says otherwise. Makes nothing before it is asked.
std::unique_ptr<Derivatives> make_derivatives(const DerivativesTask& task);

/// The training examples that scores are taken on, as indices into data.pool: a pure function of (seed,
/// level).
std::vector<std::uint32_t> score_examples(const Data& data, std::int64_t count, std::uint64_t seed,
                                          std::int64_t level);

/// Which training examples make up each step: shuffled anew every epoch, a pure function of (seed, level,
/// epoch).
class BatchOrder {
 public:
  BatchOrder(const Data& data, std::int64_t batch, std::uint64_t seed, std::uint64_t level);
  struct Batch {
    std::span<const std::uint32_t> indices;  ///< Into data.pool; valid until the next call.
    std::int64_t epoch = 0;
    std::int64_t first = 0;  ///< Place of the batch in the epoch's order.
  };
  Batch at(std::int64_t step);

 private:
  const Data& data_;
  std::int64_t batch_, steps_per_epoch_, epoch_ = -1;
  std::uint64_t seed_, level_;
  std::vector<std::uint32_t> order_;
};

}  // namespace coppice
