#pragma once
#include "coppice/train.h"

namespace coppice {

/// The training loop of LibTorch's tutorial, written as a competent user would with the data in memory: what
/// our engines' speed is compared with. Float images, normalised beforehand; torch::nn modules in their
/// default memory format; randperm and index_select; torch::optim; zero_grad, backward, step and the loss of
/// every step read. On the CPU, fp32, with as many threads as are set.
class EagerReference {
 public:
  virtual ~EagerReference() = default;
  /// Goes on for n steps; returns their mean loss.
  virtual double run_steps(std::int64_t n) = 0;
};

/// Starts from the same initialisation as a run of seed 1 with default settings. SGD or Adam, constant
/// learning rate, no augmentation.
std::unique_ptr<EagerReference> make_eager_reference(const Network& network, const Data& data,
                                                     const TrainConfig& config);

}  // namespace coppice
