#pragma once
#include <vector>

#include "sparse/libtorch/dense_layer.h"
#include "sparse/program.h"

namespace coppice {

/// A step other than a layer, made ready for LibTorch. Operands and result are [n, channels, height, width].
class DenseStep {
 public:
  explicit DenseStep(const Step& step);

  at::Tensor run(const std::vector<Operand>& inputs) const;

 private:
  at::Tensor forward(const std::vector<Operand>& inputs) const;

  Step::Kind kind_;
  bool relu_;
  std::int64_t kernel_height_, kernel_width_, stride_, padding_;
  at::Tensor scale_, shift_, zeros_, ones_;  // kAffine
};

}  // namespace coppice
