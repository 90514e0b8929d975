#include "kernels/cuda/operands.h"

#include <cstdint>
#include <stdexcept>

namespace coppice::kernels {

namespace {

void check_pointer(const char* kernel, const void* pointer, const char* what) {
  if (!pointer) throw std::invalid_argument(std::string(kernel) + ": " + what + " is null");
  if (reinterpret_cast<std::uintptr_t>(pointer) % 16 != 0) {
    throw std::invalid_argument(std::string(kernel) + ": " + what + " is not 16-byte aligned");
  }
}

std::string halo_refusal(const Activations& a, const char* what) {
  return a.layout.halo == 0 ? "" : std::string(what) + " must have no halo";
}

/// Of the input, else of the output.
template <class Refusal>
std::string refusal_of_either(const CudaRequest& request, const Refusal& refusal) {
  const std::string in = refusal(request.layer.input(request.images, request.in), "the input");
  return in.empty() ? refusal(request.layer.output(request.images, request.out), "the output") : in;
}

}  // namespace

void check_operands(const char* kernel, const void* x, const void* residual, const void* y,
                    bool takes_residual) {
  check_pointer(kernel, x, "the input");
  check_pointer(kernel, y, "the output");
  if (takes_residual) check_pointer(kernel, residual, "the residual");
  if (!takes_residual && residual) {
    throw std::invalid_argument(std::string(kernel) + ": the layer has no residual");
  }
}

std::string linear_layout_refusal(const CudaRequest& request) {
  return refusal_of_either(request, [](const Activations& a, const char* what) {
    const bool one_cell = a.height == 1 && a.width == 1;
    const Order order = a.layout.order;
    if (order == Order::kPlain || order == Order::kImagesLast ||
        (order == Order::kChannelsLast && one_cell)) {
      return halo_refusal(a, what);
    }
    return std::string(what) + " must not be " + order_name(order);
  });
}

std::string images_last_refusal(const CudaRequest& request) {
  return refusal_of_either(request, [](const Activations& a, const char* what) {
    if (a.layout.order == Order::kImagesLast) return halo_refusal(a, what);
    return std::string(what) + " must be " + order_name(Order::kImagesLast);
  });
}

std::vector<bool> overlap_choices(const CudaDevice& device) {
  if (device.capability() < 90) return {false};
  return {true, false};
}

}  // namespace coppice::kernels
