#include <utility>

#include "kernels/cuda/check.cuh"
#include "kernels/cuda/memory.h"

namespace coppice::kernels {

DeviceBuffer::DeviceBuffer(std::int64_t bytes) : bytes_(bytes) {
  if (bytes == 0) return;
  const cudaError_t status = cudaMalloc(&data_, static_cast<std::size_t>(bytes));
  if (status == cudaSuccess) return;
  cudaGetLastError();  // else the next call would report it again
  std::size_t free = 0, all = 0;
  const bool known = cudaMemGetInfo(&free, &all) == cudaSuccess;
  throw CudaError(
      "allocating " + std::to_string(bytes) + " bytes on the GPU: " + cudaGetErrorString(status) +
      (known ? "; " + std::to_string(free) + " of " + std::to_string(all) + " bytes are free" : ""));
}

DeviceBuffer::DeviceBuffer(const void* host, std::int64_t bytes) : DeviceBuffer(bytes) {
  upload(host, bytes);
}

DeviceBuffer::~DeviceBuffer() { cudaFree(data_); }

DeviceBuffer::DeviceBuffer(DeviceBuffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

DeviceBuffer& DeviceBuffer::operator=(DeviceBuffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

DeviceBuffer DeviceBuffer::copy() const {
  DeviceBuffer result(bytes_);
  if (bytes_ > 0)
    check_cuda(cudaMemcpy(result.data_, data_, bytes_, cudaMemcpyDeviceToDevice), "copying on the GPU");
  check_cuda(cudaDeviceSynchronize(), "copying on the GPU");
  return result;
}

void DeviceBuffer::upload(const void* host, std::int64_t bytes) {
  if (bytes > bytes_) throw CudaError("uploading more than the buffer holds");
  if (bytes > 0) check_cuda(cudaMemcpy(data_, host, bytes, cudaMemcpyHostToDevice), "copying to the GPU");
  // cudaMemcpy may return while the last bytes are on their way, and kernels run on streams that do not wait.
  check_cuda(cudaDeviceSynchronize(), "copying to the GPU");
}

void DeviceBuffer::download(void* host, std::int64_t bytes) const {
  if (bytes > bytes_) throw CudaError("downloading more than the buffer holds");
  if (bytes > 0) check_cuda(cudaMemcpy(host, data_, bytes, cudaMemcpyDeviceToHost), "copying from the GPU");
}

void DeviceBuffer::fill(unsigned char byte) {
  if (bytes_ > 0) check_cuda(cudaMemset(data_, byte, bytes_), "filling memory of the GPU");
  check_cuda(cudaDeviceSynchronize(), "filling memory of the GPU");
}

}  // namespace coppice::kernels
