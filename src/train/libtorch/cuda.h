#pragma once
#include <string>

namespace coppice {

/// What stands between this process and a GPU.
struct CudaState {
  int devices = 0;
  std::string why;  ///< Where there is none: the step that failed.
};

/// Opens the driver and LibTorch's CUDA half, once: the program itself links neither, so that it starts on
/// any machine. Must run before the first CUDA tensor; later calls return the first one's answer.
CudaState open_cuda();

}  // namespace coppice
