// DeviceBuffer on the host: exactly as large as asked for, so that AddressSanitizer sees every access beyond,
// and full of NaN.
#include "kernels/cuda/memory.h"

#include <cstring>
#include <new>
#include <string>
#include <utility>

#include "kernels/cuda/error.h"
#include "kernels/cuda/on_host/device_memory.h"

namespace coppice::kernels {

namespace {

constexpr std::align_val_t kAlignment{256};

host_run::DeviceMemory& memory() { return host_run::DeviceMemory::instance(); }

}  // namespace

DeviceBuffer::DeviceBuffer(std::int64_t bytes) : bytes_(bytes) {
  if (bytes == 0) return;
  if (bytes > 0) data_ = ::operator new(static_cast<std::size_t>(bytes), kAlignment, std::nothrow);
  if (!data_) throw CudaError("allocating " + std::to_string(bytes) + " bytes on the host");
  memory().add(as<unsigned char>(), bytes);
  fill(0xff);
}

DeviceBuffer::DeviceBuffer(const void* host, std::int64_t bytes) : DeviceBuffer(bytes) {
  upload(host, bytes);
}

DeviceBuffer::~DeviceBuffer() {
  memory().remove(as<unsigned char>());
  ::operator delete(data_, kAlignment);
}

DeviceBuffer::DeviceBuffer(DeviceBuffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

DeviceBuffer& DeviceBuffer::operator=(DeviceBuffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

DeviceBuffer DeviceBuffer::copy() const { return DeviceBuffer(data_, bytes_); }

void DeviceBuffer::upload(const void* host, std::int64_t bytes) {
  memory().synchronize();
  if (bytes > bytes_) throw CudaError("uploading more than the buffer holds");
  if (bytes > 0) std::memcpy(data_, host, static_cast<std::size_t>(bytes));
}

void DeviceBuffer::download(void* host, std::int64_t bytes) const {
  memory().synchronize();
  if (bytes > bytes_) throw CudaError("downloading more than the buffer holds");
  if (bytes > 0) std::memcpy(host, data_, static_cast<std::size_t>(bytes));
}

void DeviceBuffer::fill(unsigned char byte) {
  memory().synchronize();
  if (bytes_ > 0) std::memset(data_, byte, static_cast<std::size_t>(bytes_));
}

}  // namespace coppice::kernels
