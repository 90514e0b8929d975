#pragma once
#include <cstdint>
#include <memory>

namespace coppice {

/// Empties the caches of what is to be timed from memory, by reading a buffer larger than the last level:
/// what kernels keep of their own cannot be flushed by address.
class CacheDisplacer {
 public:
  /// For work on so many threads. Throws Failure where there is no memory for the buffer.
  explicit CacheDisplacer(int threads);
  std::int64_t bytes() const { return bytes_; }  ///< 5/4 of what the threads have of the last level.
  void displace() const;  ///< Each thread reads its part, so that private levels are emptied too.

 private:
  struct Free {
    void operator()(char* memory) const;
  };
  int threads_;
  std::int64_t part_, bytes_;
  std::unique_ptr<char, Free> buffer_;
};

}  // namespace coppice
