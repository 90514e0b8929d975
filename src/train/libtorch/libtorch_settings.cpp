#include "train/libtorch/libtorch_settings.h"

#include <ATen/Context.h>

#include "base/libtorch/threads.h"

namespace coppice {

void set_deterministic(int threads) {
  set_threads(threads);
  at::Context& context = at::globalContext();
  context.setDeterministicAlgorithms(true, /*warn_only=*/false);
  // Else every new tensor would be filled with NaN first.
  context.setDeterministicFillUninitializedMemory(false);
  context.setBenchmarkCuDNN(false);
  context.setDeterministicCuDNN(true);
  context.setAllowTF32CuDNN(false);
  context.setAllowTF32CuBLAS(false);
}

}  // namespace coppice
