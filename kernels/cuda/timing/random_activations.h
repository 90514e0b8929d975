#pragma once
#include "kernels/cuda/candidate.h"
#include "kernels/cuda/memory.h"

namespace coppice::kernels {

/// Random numbers in [-1, 1) on the device, in the precision's elements: what runners are tried on. Throws
/// CudaError.
DeviceBuffer random_activations(const Activations& shape, Precision precision);

/// A request's input, residual (none where the layer has none) and room for its output.
struct TrialOperands {
  explicit TrialOperands(const CudaRequest& request);  ///< Throws CudaError.
  void run(CudaRunner& runner, CudaStream stream);     ///< As CudaRunner::run().

  DeviceBuffer x, residual, y;
};

}  // namespace coppice::kernels
