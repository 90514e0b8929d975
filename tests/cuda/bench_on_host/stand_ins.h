#pragma once
#include <cstdint>

namespace coppice {

/// What tests may change of the stand-in for a GPU. kernels/cuda/on_host runs the kernels; device, timer and
/// libraries are here.
struct StandIns {
  bool no_device = false;
  std::int64_t l2_bytes = 4000;  ///< So small that few copies make cold caches.
};
StandIns& stand_ins();

}  // namespace coppice
