#pragma once
#include <vector>

#include "sparse/buffer.h"
#include "sparse/way.h"

namespace coppice {

/// Every value of a program for one batch, computed once by plain kernels: real activations to time kernels
/// on, and what their outputs are checked against.
class Tape {
 public:
  /// images [n, channels, height, width]; NaN and infinity in them count as 0.
  Tape(const WayContext& context, const float* images);

  /// A value in a layout of one's choice.
  Buffer value(std::size_t value, kernels::Layout layout) const;

  /// Throws Failure, naming `what`, where `y` in `layout` is not the value: max |difference| above 1e-3 of
  /// the largest absolute element.
  void check(std::size_t value, kernels::Layout layout, const float* y, const std::string& what) const;

 private:
  const Program& program_;
  std::int64_t images_;
  int threads_;
  std::vector<Buffer> values_;  ///< As PyTorch has them.
};

}  // namespace coppice
