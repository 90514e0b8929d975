#pragma once

namespace coppice {

/// PyTorch's defaults for BatchNorm, which every checkpoint of ours means.
inline constexpr double kNormEpsilon = 1e-5;
inline constexpr double kNormMomentum = 0.1;

}  // namespace coppice
