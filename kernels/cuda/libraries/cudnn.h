#pragma once
#include <cudnn.h>
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>

#include "kernels/cuda/error.h"
#include "kernels/cuda/libraries/library.h"
#include "kernels/cuda/stream.h"

namespace coppice::kernels {

/// What we use of cuDNN.
struct Cudnn : SharedLibrary {
  Cudnn();
  COPPICE_LIBRARY_FUNCTION(cudnnCreate);
  COPPICE_LIBRARY_FUNCTION(cudnnGetVersion);
  COPPICE_LIBRARY_FUNCTION(cudnnGetErrorString);
  COPPICE_LIBRARY_FUNCTION(cudnnSetStream);
  COPPICE_LIBRARY_FUNCTION(cudnnCreateTensorDescriptor);
  COPPICE_LIBRARY_FUNCTION(cudnnSetTensor4dDescriptor);
  COPPICE_LIBRARY_FUNCTION(cudnnGetTensor4dDescriptor);
  COPPICE_LIBRARY_FUNCTION(cudnnDestroyTensorDescriptor);
  COPPICE_LIBRARY_FUNCTION(cudnnCreateFilterDescriptor);
  COPPICE_LIBRARY_FUNCTION(cudnnSetFilter4dDescriptor);
  COPPICE_LIBRARY_FUNCTION(cudnnDestroyFilterDescriptor);
  COPPICE_LIBRARY_FUNCTION(cudnnCreateActivationDescriptor);
  COPPICE_LIBRARY_FUNCTION(cudnnSetActivationDescriptor);
  COPPICE_LIBRARY_FUNCTION(cudnnDestroyActivationDescriptor);
  COPPICE_LIBRARY_FUNCTION(cudnnCreateConvolutionDescriptor);
  COPPICE_LIBRARY_FUNCTION(cudnnSetConvolution2dDescriptor);
  COPPICE_LIBRARY_FUNCTION(cudnnSetConvolutionMathType);
  COPPICE_LIBRARY_FUNCTION(cudnnDestroyConvolutionDescriptor);
  COPPICE_LIBRARY_FUNCTION(cudnnGetConvolution2dForwardOutputDim);
  COPPICE_LIBRARY_FUNCTION(cudnnGetConvolutionForwardWorkspaceSize);
  COPPICE_LIBRARY_FUNCTION(cudnnConvolutionForward);
  COPPICE_LIBRARY_FUNCTION(cudnnConvolutionBiasActivationForward);
  COPPICE_LIBRARY_FUNCTION(cudnnBackendCreateDescriptor);
  COPPICE_LIBRARY_FUNCTION(cudnnBackendDestroyDescriptor);
  COPPICE_LIBRARY_FUNCTION(cudnnBackendSetAttribute);
  COPPICE_LIBRARY_FUNCTION(cudnnBackendGetAttribute);
  COPPICE_LIBRARY_FUNCTION(cudnnBackendFinalize);
  COPPICE_LIBRARY_FUNCTION(cudnnBackendExecute);
#if CUDNN_MAJOR >= 9
  COPPICE_LIBRARY_FUNCTION(cudnnGetLastErrorString);
#endif

  void check(cudnnStatus_t status, const char* what) const {
    if (status != CUDNN_STATUS_SUCCESS) {
      throw CudaError(std::string("cuDNN, ") + what + ": " + cudnnGetErrorString(status) + reason());
    }
  }

 private:
  std::string reason() const;  ///< Of the last error, in brackets, where this cuDNN tells.
};

const Cudnn& cudnn();  ///< Opened at first use.

/// The current device's handle, bound to a stream for as long as this lives: it carries the stream along, so
/// only one thread may use it at a time. Throws CudaError.
class CudnnHandle {
 public:
  explicit CudnnHandle(CudaStream stream);
  operator cudnnHandle_t() const { return handle_; }

 private:
  std::unique_lock<std::mutex> lock_;
  cudnnHandle_t handle_ = nullptr;
};

struct CudnnDestroy {
  void operator()(cudnnTensorDescriptor_t p) const { cudnn().cudnnDestroyTensorDescriptor(p); }
  void operator()(cudnnFilterDescriptor_t p) const { cudnn().cudnnDestroyFilterDescriptor(p); }
  void operator()(cudnnActivationDescriptor_t p) const { cudnn().cudnnDestroyActivationDescriptor(p); }
  void operator()(cudnnConvolutionDescriptor_t p) const { cudnn().cudnnDestroyConvolutionDescriptor(p); }
};
template <class Pointer>
using CudnnOwned = std::unique_ptr<std::remove_pointer_t<Pointer>, CudnnDestroy>;

}  // namespace coppice::kernels
