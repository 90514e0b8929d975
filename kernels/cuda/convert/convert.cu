#include <stdexcept>

#include "kernels/cuda/convert/convert.h"
#include "kernels/cuda/convert/kernel.cuh"

namespace coppice::kernels {

namespace {

template <class From, class To>
auto kernel_for(const ConvertPlan& plan) {
  if (plan.straight)
    return plan.wide_read ? copy_activations_kernel<From, To, true>
                          : copy_activations_kernel<From, To, false>;
  if (plan.wide_read) {
    return plan.wide_write ? permute_activations_kernel<From, To, true, true>
                           : permute_activations_kernel<From, To, true, false>;
  }
  return plan.wide_write ? permute_activations_kernel<From, To, false, true>
                         : permute_activations_kernel<From, To, false, false>;
}

template <class From, class To>
void launch_as(const LaunchShape& shape, const ConvertPlan& plan, const void* x, void* y) {
  launch(shape, kernel_for<From, To>(plan), plan.problem, static_cast<const From*>(x), static_cast<To*>(y));
}

bool aligned(const void* pointer, std::int64_t bytes) {
  return reinterpret_cast<std::uintptr_t>(pointer) % static_cast<std::uintptr_t>(bytes) == 0;
}

void check_pointer(const void* pointer, Precision precision, const char* what) {
  if (!pointer) throw std::invalid_argument(std::string("convert: ") + what + " is null");
  if (!aligned(pointer, element_bytes(precision)))
    throw std::invalid_argument(std::string("convert: ") + what + " is not aligned to its elements");
}

}  // namespace

void launch_conversion(const ConvertPlan& plan, Precision from, const void* x, Precision to, void* y,
                       CudaStream stream, bool overlap) {
  if (plan.blocks == 0) return;
  LaunchShape shape;
  shape.grid = dim3(static_cast<unsigned>(plan.blocks));
  shape.block = dim3(static_cast<unsigned>(plan.threads));
  shape.shared_bytes = plan.shared_bytes;
  shape.stream = stream;
  shape.overlap_previous = overlap;
  const bool from_half = from == Precision::kBf16, to_half = to == Precision::kBf16;
  if (from_half && to_half) return launch_as<std::uint16_t, std::uint16_t>(shape, plan, x, y);
  if (from_half) return launch_as<std::uint16_t, std::uint32_t>(shape, plan, x, y);
  if (to_half) return launch_as<std::uint32_t, std::uint16_t>(shape, plan, x, y);
  launch_as<std::uint32_t, std::uint32_t>(shape, plan, x, y);
}

void convert_activations(const StoredActivations& from, const void* x, const StoredActivations& to, void* y,
                         CudaStream stream, bool overlap) {
  check_pointer(x, from.precision, "the source");
  check_pointer(y, to.precision, "the destination");
  const ConvertPlan plan = plan_conversion(from, to, aligned(x, 16), aligned(y, 16));
  launch_conversion(plan, from.precision, x, to.precision, y, stream, overlap);
}

}  // namespace coppice::kernels
