#pragma once
#include <cstdint>
#include <map>
#include <vector>

namespace coppice::kernels::host_run {

/// The memory of all DeviceBuffers. A launch that may overlap with those before it finds what they wrote
/// poisoned until it waits for them: on a device it might not be there yet.
class DeviceMemory {
 public:
  static DeviceMemory& instance();

  void add(unsigned char* data, std::int64_t bytes);
  void remove(unsigned char* data);
  /// The host waited for all launches.
  void synchronize() { written_.clear(); }

  void begin_launch(bool overlapping);
  void wait_for_previous_launch();
  void end_launch();

 private:
  struct Part {
    unsigned char* data;
    std::size_t bytes;
  };
  /// What each buffer holds, by its address, when a launch begins.
  std::map<unsigned char*, std::vector<unsigned char>> buffers_;
  /// By the launches that the next one may overlap with, if it says so: the last, those that it could overlap
  /// with itself, and so on.
  std::vector<Part> written_;
  bool hidden_ = false;
};

}  // namespace coppice::kernels::host_run
