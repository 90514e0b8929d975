#pragma once
#include <cstdint>

#include "kernels/cpu/isa.h"
#include "kernels/layout.h"

namespace coppice::kernels {

/// Pooling as PyTorch defines it.
struct Pool {
  enum class Kind {
    kMax,      ///< Padding counts as -infinity; a window with a NaN gives NaN.
    kAverage,  ///< Padding counts as 0, and in the divisor (count_include_pad).
  };
  Kind kind = Kind::kMax;
  std::int64_t kernel_height = 1, kernel_width = 1, stride = 1, padding = 0;
  bool relu = false;  ///< max(., 0) at the end; NaN stays NaN.
};

/// `in` and `out` have the same images, channels and order (any), out.height = (in.height + 2 padding -
/// kernel_height) / stride + 1, and so the width. Writes the interior of y alone, and lanes without an image.
/// Buffers as Layout describes them (kSlack floats behind x may be read). On up to `threads` threads.
void pool(const Pool& pool, const Activations& in, const float* x, const Activations& out, float* y,
          int threads = 1, Isa level = isa());

}  // namespace coppice::kernels
