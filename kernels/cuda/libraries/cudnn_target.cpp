#if __has_include(<cudnn.h>)
#include "kernels/cuda/libraries/cudnn_target.h"

namespace coppice::kernels {

#if CUDNN_VERSION >= 90800

CudnnTarget::CudnnTarget(const std::string& description) {
  CudnnDescriptor made(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
  made.set(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION,
           std::vector<char>(description.begin(), description.end()));
  made.finalise("describing a device");
  description_.push_back(made);
}

void CudnnTarget::set_heuristics(CudnnDescriptor& heuristics) const {
  if (!handle_) heuristics.set(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, description_);
}

void CudnnTarget::set_engine(CudnnDescriptor& engine) const {
  if (!handle_) engine.set(CUDNN_ATTR_ENGINE_DEVICEPROP, description_);
}

void CudnnTarget::set_plan(CudnnDescriptor& plan) const {
  if (handle_) {
    plan.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, handle_);
  } else {
    plan.set(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, description_);
  }
}

#else  // graphs know their device by a handle alone

CudnnTarget::CudnnTarget(const std::string&) {
  throw CudaError("cuDNN before 9.8 knows no device that is only described");
}

void CudnnTarget::set_heuristics(CudnnDescriptor&) const {}
void CudnnTarget::set_engine(CudnnDescriptor&) const {}
void CudnnTarget::set_plan(CudnnDescriptor& plan) const {
  plan.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, handle_);
}

#endif

void CudnnTarget::set_graph(CudnnDescriptor& graph) const {
  if (handle_) graph.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, handle_);
}

}  // namespace coppice::kernels
#endif
