#pragma once
#include <vector>

#include "kernels/cuda/candidate.h"

namespace coppice::kernels {

/// What measures runners where one of many is to be chosen. Tests put their own in its place.
class Trials {
 public:
  virtual ~Trials() = default;
  /// Seconds of one run, roughly: enough to see what is hopeless. Throws CudaError.
  virtual double glance(CudaRunner& runner) = 0;
  /// Seconds of one run of each, taken in turns. Throws CudaError.
  virtual std::vector<double> seconds(const std::vector<CudaRunner*>& runners) = 0;
};

}  // namespace coppice::kernels
