#pragma once
#include <cstdint>
#include <vector>

#include "sparse/aligned_floats.h"

namespace coppice {

/// y += x W^T on MKL, with W made ready beforehand for one number of images.
class MklLinear {
 public:
  enum class Form {
    kPacked,      ///< In MKL's own blocks, for several images.
    kTransposed,  ///< [inputs][outputs].
    kPlain,       ///< [outputs][inputs].
  };
  /// weights [outputs][inputs].
  MklLinear(const float* weights, std::int64_t outputs, std::int64_t inputs, std::int64_t images, Form form);

  void add(const float* x, float* y) const;  ///< x [images][inputs], y [images][outputs].
  std::int64_t bytes() const { return bytes_; }
  Form form() const { return form_; }

 private:
  int outputs_, inputs_, images_;
  Form form_;
  std::int64_t bytes_;
  AlignedFloats weights_;
};

}  // namespace coppice
