#pragma once
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "kernels/layout.h"

namespace coppice {

/// Memory for activations as kernels ask for it: zeros at first (and so in every halo), aligned to cache
/// lines, with the slack behind.
class Buffer {
 public:
  explicit Buffer(std::int64_t floats);
  explicit Buffer(const kernels::Activations& activations) : Buffer(activations.floats()) {}

  float* data() { return memory_.get(); }
  const float* data() const { return memory_.get(); }
  std::int64_t bytes() const { return bytes_; }

 private:
  struct Free {
    void operator()(float* memory) const { std::free(memory); }
  };
  std::unique_ptr<float, Free> memory_;
  std::int64_t bytes_ = 0;
};

}  // namespace coppice
