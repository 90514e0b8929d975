#pragma once
#include <cstdint>

#include "kernels/cuda/masked_update/masked_update.h"

namespace coppice::kernels {

/// How many FP32 arrays a kind of update reads and writes, the value among them and the gradient not.
struct UpdateArrays {
  int read = 0, written = 0;
};
inline constexpr UpdateArrays kStatelessSgdArrays{1, 1}, kFreshSgdArrays{1, 2}, kMomentumSgdArrays{2, 2},
    kAdamArrays{3, 3};

struct UpdateTraffic {
  std::int64_t read = 0, written = 0;  ///< Bytes.
  std::int64_t total() const { return read + written; }
  UpdateTraffic& operator+=(const UpdateTraffic& other);
};

/// The bytes that a masked update of one tensor must move: the mask; of value, state and gradient the sectors
/// in which an element is kept; and to write the same ones (Pruned::kZero) or all.
///   mask    on the host, as in UpdateTensor; null: all kept, and no mask is read
///   sector  bytes that memory moves at least: 32 is what a GPU's cache holds; memory itself may bring 64.
///           Arrays are taken to be aligned to it.
UpdateTraffic update_traffic(const std::uint64_t* mask, std::int64_t count, const UpdateArrays& arrays,
                             Precision gradients = Precision::kFp32, Pruned pruned = Pruned::kAnything,
                             std::int64_t sector = 32);

}  // namespace coppice::kernels
