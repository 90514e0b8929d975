#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/cuda/candidate.h"
#include "kernels/cuda/memory.h"

namespace coppice::kernels {

/// More copies than this take longer to make than to time.
inline constexpr std::int64_t kMostCopies = 2048;

/// Copies of work that touches so many bytes that together hold at least three times the device's L2 cache:
/// when a copy's turn comes again, nothing of it is left there. May be more than kMostCopies.
std::int64_t copies_for_cold_caches(std::int64_t bytes_of_one, std::int64_t l2_bytes);

/// A runner and its replicas with inputs and outputs of their own, called in turn. One alone finds its data
/// in the cache as far as they fit.
class Rotation {
 public:
  /// `x` is copied for each; outputs have y_bytes. The layer has no residual. Throws CudaError, or
  /// std::invalid_argument where there would be none or more than kMostCopies.
  Rotation(std::unique_ptr<CudaRunner> runner, const DeviceBuffer& x, std::int64_t y_bytes,
           std::int64_t copies);
  void grow(std::int64_t copies);                  ///< To so many. Throws as above.
  void run(std::int64_t call, CudaStream stream);  ///< With copy call % copies().
  std::int64_t copies() const { return static_cast<std::int64_t>(copies_.size()); }
  std::int64_t bytes() const;  ///< Weights, inputs and outputs of all copies.
  const CudaRunner& runner() const { return *copies_.front().runner; }

 private:
  struct Copy {
    std::unique_ptr<CudaRunner> runner;
    DeviceBuffer x, y;
  };
  std::vector<Copy> copies_;
};

}  // namespace coppice::kernels
