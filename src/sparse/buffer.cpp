#include "sparse/buffer.h"

#include <cstring>
#include <new>

namespace coppice {

Buffer::Buffer(std::int64_t floats) {
  constexpr std::int64_t kLine = 64;
  bytes_ = (floats + kernels::kSlack) * static_cast<std::int64_t>(sizeof(float));
  bytes_ = (bytes_ + kLine - 1) / kLine * kLine;
  memory_.reset(static_cast<float*>(std::aligned_alloc(kLine, static_cast<std::size_t>(bytes_))));
  if (!memory_) throw std::bad_alloc();
  std::memset(memory_.get(), 0, static_cast<std::size_t>(bytes_));
}

}  // namespace coppice
