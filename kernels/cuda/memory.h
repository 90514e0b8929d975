#pragma once
#include <cstdint>
#include <type_traits>
#include <vector>

namespace coppice::kernels {

/// Memory of the current device, 256-byte aligned. Every function throws CudaError where the device refuses.
class DeviceBuffer {
 public:
  DeviceBuffer() = default;
  explicit DeviceBuffer(
      std::int64_t bytes);  ///< Not initialised. The error names what was asked and what is free.
  DeviceBuffer(const void* host, std::int64_t bytes);  ///< A copy.
  ~DeviceBuffer();
  DeviceBuffer(DeviceBuffer&& other) noexcept;
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept;

  DeviceBuffer copy() const;  ///< On the device.
  /// These wait until the copy is done.
  void upload(const void* host, std::int64_t bytes);
  void download(void* host, std::int64_t bytes) const;
  void fill(unsigned char byte);

  void* data() { return data_; }
  const void* data() const { return data_; }
  std::int64_t bytes() const { return bytes_; }
  template <class T>
  T* as() {
    return static_cast<T*>(data_);
  }
  template <class T>
  const T* as() const {
    return static_cast<const T*>(data_);
  }

 private:
  void* data_ = nullptr;
  std::int64_t bytes_ = 0;
};

template <class T>
DeviceBuffer on_device(const std::vector<T>& host) {
  static_assert(std::is_trivially_copyable_v<T>);
  return DeviceBuffer(host.data(), static_cast<std::int64_t>(host.size() * sizeof(T)));
}

template <class T>
std::vector<T> on_host(const DeviceBuffer& buffer) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::vector<T> host(static_cast<std::size_t>(buffer.bytes()) / sizeof(T));
  buffer.download(host.data(), static_cast<std::int64_t>(host.size() * sizeof(T)));
  return host;
}

}  // namespace coppice::kernels
