#include "train/libtorch/torch_convert.h"

#include "coppice/error.h"

#include <cstring>

namespace coppice {

namespace {

constexpr std::pair<DType, at::ScalarType> kTypes[] = {
    {DType::kF32, at::kFloat}, {DType::kI64, at::kLong}, {DType::kU8, at::kByte}};

}  // namespace

at::Tensor to_torch(const Tensor& tensor) {
  for (const auto& [ours, theirs] : kTypes) {
    if (tensor.dtype != ours) continue;
    at::Tensor copy = at::empty(tensor.shape, theirs);
    if (!tensor.bytes.empty()) std::memcpy(copy.mutable_data_ptr(), tensor.bytes.data(), tensor.bytes.size());
    return copy;
  }
  throw Failure("internal: a tensor type that training does not use");
}

Tensor from_torch(const at::Tensor& tensor) {
  const at::Tensor host = tensor.detach().to(at::kCPU).contiguous();
  for (const auto& [ours, theirs] : kTypes) {
    if (host.scalar_type() != theirs) continue;
    Tensor copy = Tensor::zeros(ours, host.sizes().vec());
    if (!copy.bytes.empty()) std::memcpy(copy.bytes.data(), host.const_data_ptr(), copy.bytes.size());
    return copy;
  }
  throw Failure("internal: a tensor type that training does not use");
}

}  // namespace coppice
