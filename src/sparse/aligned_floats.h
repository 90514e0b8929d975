#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

namespace coppice {

/// Uninitialised floats on a cache line's boundary; none by default.
class AlignedFloats {
 public:
  AlignedFloats() = default;
  explicit AlignedFloats(std::int64_t count)
      : floats_(static_cast<float*>(::operator new(static_cast<std::size_t>(count) * sizeof(float), kLine))) {
  }

  float* data() { return floats_.get(); }
  const float* data() const { return floats_.get(); }

 private:
  static constexpr std::align_val_t kLine{64};
  struct Free {
    void operator()(float* floats) const { ::operator delete(floats, kLine); }
  };
  std::unique_ptr<float[], Free> floats_;
};

}  // namespace coppice
