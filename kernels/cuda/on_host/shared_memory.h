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

  // What a copy is to write, aligned, 4 or 16 bytes: nobody may touch it before it is there. Of cells of 4
  // bytes AddressSanitizer, which knows eights, sees but some.
  bool under_way(const void* address, std::int64_t bytes = 4) const;  ///< Any of so many bytes.
  void begin_copy(const void* address, std::int64_t bytes);
  void end_copy(const void* address, std::int64_t bytes);

 private:
  std::size_t cell(const void* address) const;
  void mark(const void* address, std::int64_t bytes, bool under_way);

  std::int64_t bytes_;
  unsigned char* data_ = nullptr;
  std::vector<unsigned char*> earlier_;
  std::vector<bool> under_way_;  ///< For every 4 bytes.
};

}  // namespace coppice::kernels::host_run
