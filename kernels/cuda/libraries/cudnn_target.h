#pragma once
#include <string>
#include <vector>

#include "kernels/cuda/libraries/cudnn_descriptor.h"

namespace coppice::kernels {

/// What cuDNN is asked about: the device of a handle, or one that is only described and need not be there.
class CudnnTarget {
 public:
  explicit CudnnTarget(cudnnHandle_t handle) : handle_(handle) {}
  /// From the text that CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION holds; needs cuDNN 9.8. Throws CudaError.
  explicit CudnnTarget(const std::string& description);

  // Before the descriptor is finalised:
  void set_graph(CudnnDescriptor& graph) const;
  void set_heuristics(CudnnDescriptor& heuristics) const;
  void set_engine(CudnnDescriptor& engine) const;
  void set_plan(CudnnDescriptor& plan) const;

 private:
  cudnnHandle_t handle_ = nullptr;
  std::vector<CudnnDescriptor> description_;  ///< One, or none where there is a handle.
};

}  // namespace coppice::kernels
