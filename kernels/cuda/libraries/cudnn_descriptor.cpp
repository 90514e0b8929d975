#if __has_include(<cudnn.h>)
#include "kernels/cuda/libraries/cudnn_descriptor.h"

#include <algorithm>

namespace coppice::kernels {

CudnnDescriptor::Held::~Held() {
  if (made) cudnn().cudnnBackendDestroyDescriptor(made);
}

CudnnDescriptor::CudnnDescriptor(cudnnBackendDescriptorType_t kind) : held_(std::make_shared<Held>()) {
  cudnn().check(cudnn().cudnnBackendCreateDescriptor(kind, &held_->made), "making a descriptor");
}

void CudnnDescriptor::set(cudnnBackendAttributeName_t name, const std::vector<CudnnDescriptor>& parts) {
  std::vector<cudnnBackendDescriptor_t> raws;
  for (const CudnnDescriptor& part : parts) raws.push_back(part.raw());
  write(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, raws.size(), raws.data());
  held_->parts.insert(held_->parts.end(), parts.begin(), parts.end());
}

void CudnnDescriptor::finalise(const char* what) { cudnn().check(cudnn().cudnnBackendFinalize(raw()), what); }
bool CudnnDescriptor::try_finalise() { return cudnn().cudnnBackendFinalize(raw()) == CUDNN_STATUS_SUCCESS; }

std::vector<CudnnDescriptor> CudnnDescriptor::parts(cudnnBackendAttributeName_t name,
                                                    cudnnBackendDescriptorType_t kind,
                                                    std::size_t most) const {
  std::vector<CudnnDescriptor> all;
  std::vector<cudnnBackendDescriptor_t> raws;
  for (std::size_t i = 0; i < most; ++i) {
    all.emplace_back(kind);
    all.back().held_->parts.push_back(*this);
    raws.push_back(all.back().raw());
  }
  const std::size_t count = read(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, most, raws.data());
  all.erase(all.begin() + static_cast<std::ptrdiff_t>(count), all.end());
  return all;
}

void CudnnDescriptor::write(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                            std::size_t count, const void* values) {
  cudnn().check(cudnn().cudnnBackendSetAttribute(raw(), name, type, static_cast<std::int64_t>(count), values),
                "setting an attribute");
}

std::size_t CudnnDescriptor::read(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                                  std::size_t most, void* values) const {
  std::int64_t count = 0;
  cudnn().check(
      cudnn().cudnnBackendGetAttribute(raw(), name, type, static_cast<std::int64_t>(most), &count, values),
      "reading an attribute");
  return std::min(most, static_cast<std::size_t>(std::max<std::int64_t>(count, 0)));
}

}  // namespace coppice::kernels
#endif
