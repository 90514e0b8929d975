#include "kernels/cuda/libraries/runner.h"

#include <cstdint>
#include <stdexcept>

namespace coppice::kernels {

namespace {

void check_pointer(const void* pointer, const char* what) {
  if (!pointer) throw std::invalid_argument(std::string(what) + " is null");
  if (reinterpret_cast<std::uintptr_t>(pointer) % 16 != 0) {
    throw std::invalid_argument(std::string(what) + " is not 16-byte aligned");
  }
}

}  // namespace

LibraryTask::LibraryTask(const CudaRequest& request)
    : precision(request.precision),
      bias(!request.layer.bias.empty()),
      residual(request.layer.residual),
      relu(request.layer.relu),
      outputs(channel_places(request.layer.output(request.images, request.out))) {}

void LibraryRunner::run(const void* x, const void* residual, void* y, CudaStream stream) {
  check_pointer(x, "the input");
  check_pointer(y, "the output");
  if (task_.residual) check_pointer(residual, "the residual");
  if (!task_.residual && residual) throw std::invalid_argument("a residual for a layer without one");
  product(x, residual, y, stream);
  if (rest_.empty()) return;
  add_epilogue(task_.outputs, task_.precision, rest_.bias, rest_.residual ? residual : nullptr, rest_.relu, y,
               stream);
}

}  // namespace coppice::kernels
