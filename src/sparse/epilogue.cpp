#include "sparse/epilogue.h"

#include <cstddef>

namespace coppice {

namespace {

/// NaN stays NaN.
float activate(bool relu, float value) { return relu && value < 0 ? 0 : value; }

}  // namespace

Epilogue::Epilogue(const kernels::Layer& layer, std::int64_t width, int threads)
    : bias_(layer.bias), width_(width), relu_(layer.relu), threads_(threads) {
  bias_.resize(static_cast<std::size_t>(layer.shape.outputs));  // no bias: zeros
}

void Epilogue::finish(const float* residual, float* y) const {
  const auto outputs = static_cast<std::int64_t>(bias_.size());
  const bool relu = relu_;
  if (width_ == 1) {
    const float* bias = bias_.data();
    for (std::int64_t m = 0; m < outputs; ++m) {
      y[m] = activate(relu, y[m] + bias[m] + (residual ? residual[m] : 0.0F));
    }
    return;
  }
#pragma omp parallel for schedule(static) num_threads(threads_) if (outputs * width_ > 32 * 1024)
  for (std::int64_t m = 0; m < outputs; ++m) {
    const float bias = bias_[static_cast<std::size_t>(m)];
    float* row = y + m * width_;
    if (residual) {
      const float* added = residual + m * width_;
      for (std::int64_t i = 0; i < width_; ++i) row[i] = activate(relu, row[i] + bias + added[i]);
    } else {
      for (std::int64_t i = 0; i < width_; ++i) row[i] = activate(relu, row[i] + bias);
    }
  }
}

}  // namespace coppice
