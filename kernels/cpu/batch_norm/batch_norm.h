#pragma once
#include <cstdint>

namespace coppice::kernels {

/// Batch normalisation (Ioffe & Szegedy 2015) with what usually follows it, an addition and a ReLU, in the
/// same sweeps: on a CPU these operations wait for memory, so each pass over the activations that is saved
/// counts. Activations are [rows, channels], row-major (channels last: rows = images x height x width), host
/// memory, no alignment asked. Runs on the caller's OpenMP threads; the result does not depend on how many.

/// Mean and biased variance of each channel. rows > 0.
void norm_statistics(const float* x, std::int64_t rows, std::int64_t channels, float* mean, float* variance);

/// What one channel's values go through: value * scale + shift.
struct NormAffine {
  const float* scale;  ///< gamma / sqrt(variance + epsilon)
  const float* shift;  ///< beta - mean * scale
};

/// y = x * scale + shift, plus `addend` where it is not null, and 0 for what is below 0 where `relu`. NaN
/// stays NaN. `y` may be `x` or `addend`.
void norm_apply(const float* x, const float* addend, NormAffine affine, bool relu, float* y,
                std::int64_t rows, std::int64_t channels);

/// The gradient of norm_statistics and norm_apply together.
struct NormBackward {
  const float* x = nullptr;
  const float* dy = nullptr;
  const float* mean = nullptr;         ///< Of the batch.
  const float* inverse_std = nullptr;  ///< 1 / sqrt(variance + epsilon) of the batch.
  const float* gamma = nullptr;
  NormAffine affine{};       ///< As given to norm_apply.
  bool relu = false;         ///< As given to norm_apply.
  const float* y = nullptr;  ///< With an addend and a ReLU: what norm_apply returned. Else unused.

  float* dx = nullptr;
  float* d_addend =
      nullptr;  ///< With an addend and a ReLU: the gradient of the addend. Else unused: it is dy.
  float* d_gamma = nullptr;
  float* d_beta = nullptr;
};
void norm_backward(const NormBackward& arrays, std::int64_t rows, std::int64_t channels);

}  // namespace coppice::kernels
