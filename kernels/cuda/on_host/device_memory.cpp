#include "kernels/cuda/on_host/device_memory.h"

#include <algorithm>
#include <cstring>
#include <functional>

#include "kernels/cuda/on_host/sanitizer.h"

namespace coppice::kernels::host_run {

namespace {

constexpr std::size_t kGranule =
    8;  ///< AddressSanitizer poisons no smaller part, but at the end of a buffer.

}  // namespace

DeviceMemory& DeviceMemory::instance() {
  static DeviceMemory* const memory = new DeviceMemory;  // buffers may be static, and go later than it would
  return *memory;
}

void DeviceMemory::add(unsigned char* data, std::int64_t bytes) {
  buffers_[data].resize(static_cast<std::size_t>(bytes));
}

void DeviceMemory::remove(unsigned char* data) {
  const auto buffer = buffers_.find(data);
  if (buffer == buffers_.end()) return;
  const unsigned char* const end = data + buffer->second.size();
  std::erase_if(written_, [&](const Part& part) {
    return std::greater_equal<>()(part.data, data) && std::less<const unsigned char*>()(part.data, end);
  });
  buffers_.erase(buffer);
}

void DeviceMemory::begin_launch(bool overlapping) {
  for (auto& [data, before] : buffers_) std::copy_n(data, before.size(), before.begin());
  if (!overlapping) return written_.clear();
  hidden_ = true;
  for (const Part& part : written_) poison(part.data, part.bytes);
}

void DeviceMemory::wait_for_previous_launch() {
  if (!hidden_) return;
  hidden_ = false;
  for (const Part& part : written_) unpoison(part.data, part.bytes);
}

void DeviceMemory::end_launch() {
  wait_for_previous_launch();  // of a launch that failed before it did
  for (const auto& [data, before] : buffers_) {
    if (std::memcmp(data, before.data(), before.size()) == 0) continue;
    for (std::size_t i = 0; i < before.size(); i += kGranule) {
      const std::size_t bytes = std::min(kGranule, before.size() - i);
      if (std::memcmp(data + i, before.data() + i, bytes) != 0) written_.push_back({data + i, bytes});
    }
  }
}

}  // namespace coppice::kernels::host_run
