#pragma once
#include <cstdint>
#include <vector>

namespace coppice::kernels::host_run {

/// A block's shared memory: exactly as large as asked for, so that AddressSanitizer sees every access beyond,
/// and full of NaN.
class SharedMemory {
 public:
  explicit SharedMemory(std::int64_t bytes);
  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  void reset();  ///< As a block finds it, maybe in another place.
  unsigned char* data() { return data_; }
  bool holds(const void* address, std::int64_t bytes) const;

  // 16 aligned bytes that a copy is to write: nobody may touch them before it is there.
  bool under_way(const void* address) const;
  void begin_copy(const void* address);
  void end_copy(const void* address);

 private:
  std::size_t granule(const void* address) const;

  std::int64_t bytes_;
  unsigned char* data_ = nullptr;
  std::vector<unsigned char*> earlier_;
  std::vector<bool> under_way_;  ///< For every 16 bytes.
};

}  // namespace coppice::kernels::host_run
