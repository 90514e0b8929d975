#pragma once

namespace coppice::kernels {

/// What a sparse kernel's time must be of the fastest dense one's before it is chosen: less than that is
/// gained is luck, and no choice must be slower than dense for it.
inline constexpr double kLuck = 0.97;

}  // namespace coppice::kernels
