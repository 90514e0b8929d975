#pragma once
#include <vector>

#include "kernels/layer.h"

namespace coppice {

/// What follows a product that knows only the weights: y = act(y + bias + residual), in one sweep.
class Epilogue {
 public:
  /// For y [outputs][width].
  Epilogue(const kernels::Layer& layer, std::int64_t width, int threads);

  void finish(const float* residual, float* y) const;  ///< `residual` null: without one.

 private:
  std::vector<float> bias_;
  std::int64_t width_;
  bool relu_;
  int threads_;
};

}  // namespace coppice
