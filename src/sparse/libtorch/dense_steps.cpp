#include "sparse/libtorch/dense_steps.h"

#include "coppice/error.h"

namespace coppice {

namespace {

/// The sum, in a spare operand's place where there is one.
at::Tensor sum(const std::vector<Operand>& inputs) {
  at::Tensor total;
  std::size_t first = 0;
  while (first + 1 < inputs.size() && !inputs[first].spare) ++first;
  if (inputs[first].spare) {
    total = inputs[first].tensor;
  } else if (inputs.size() == 1) {
    return inputs[0].tensor.clone();
  } else {  // `first` is the last
    --first;
    total = inputs[first].tensor + inputs[first + 1].tensor;
    for (std::size_t i = 0; i < first; ++i) total.add_(inputs[i].tensor);
    return total;
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (i != first) total.add_(inputs[i].tensor);
  }
  return total;
}

}  // namespace

DenseStep::DenseStep(const Step& step)
    : kind_(step.kind),
      relu_(step.relu),
      kernel_height_(step.kernel_height),
      kernel_width_(step.kernel_width),
      stride_(step.stride),
      padding_(step.padding) {
  if (kind_ == Step::Kind::kAffine) {
    scale_ = at::tensor(step.scale);
    shift_ = at::tensor(step.shift);
    zeros_ = at::zeros_like(shift_);
    ones_ = at::ones_like(shift_);
  }
}

at::Tensor DenseStep::run(const std::vector<Operand>& inputs) const {
  at::Tensor y = forward(inputs);
  return relu_ ? y.relu_() : y;
}

at::Tensor DenseStep::forward(const std::vector<Operand>& inputs) const {
  const at::Tensor& x = inputs[0].tensor;
  switch (kind_) {
    case Step::Kind::kMaxPool:
      return at::max_pool2d(x, {kernel_height_, kernel_width_}, {stride_, stride_}, {padding_, padding_});
    case Step::Kind::kAvgPool:
      if (padding_ == 0 && kernel_height_ == x.size(2) && kernel_width_ == x.size(3)) {
        return at::mean(x, {2, 3}, /*keepdim=*/true);  // twice as fast as a pool
      }
      return at::avg_pool2d(x, {kernel_height_, kernel_width_}, {stride_, stride_}, {padding_, padding_});
    case Step::Kind::kAffine:
      // One sweep in either layout, which multiplication and addition with broadcasting are not.
      return at::batch_norm(x, scale_, shift_, zeros_, ones_, /*training=*/false, 0, 0,
                            /*cudnn_enabled=*/false);
    case Step::Kind::kAdd: return sum(inputs);
    case Step::Kind::kFlatten: return x.contiguous().view({x.size(0), -1, 1, 1});
    case Step::Kind::kLayer: break;
  }
  throw Failure("a layer is no DenseStep");
}

}  // namespace coppice
