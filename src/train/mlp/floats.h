#pragma once
#include <cstdint>
#include <vector>

namespace coppice {

/// An array of floats that starts on a cache line, zero at first.
class Floats {
 public:
  explicit Floats(std::int64_t count = 0)
      : lines_(static_cast<std::size_t>((count + kPerLine - 1) / kPerLine)) {}
  float* data() { return lines_.empty() ? nullptr : lines_.front().value; }
  const float* data() const { return lines_.empty() ? nullptr : lines_.front().value; }

 private:
  static constexpr std::int64_t kPerLine = 16;
  struct alignas(64) Line {
    float value[kPerLine] = {};
  };
  std::vector<Line> lines_;
};

}  // namespace coppice
