// A conversion as our kernels see it: boxes of a tensor of up to four axes, whose elements lie at one place
// in the source and at another in the destination.
#pragma once
#include <cstdint>

#include "kernels/cuda/convert/convert.h"

namespace coppice::kernels {

inline constexpr int kConvertAxes = 4;
inline constexpr int kConvertElements = 16;  ///< Of a thread.
inline constexpr int kConvertThreads = 256;

/// Axes that lie one behind the other on both sides are one. Sides of boxes are powers of two, so that
/// coordinates are bits of an element's number in its box.
struct ConvertAxis {
  std::int64_t size = 1, from_step = 0, to_step = 0;  ///< In elements.
  std::uint32_t boxes = 1;
  /// Of the side; of where the coordinate begins in numbers that rise as the source lies, and the
  /// destination.
  std::uint32_t bits = 0, read_shift = 0, write_shift = 0;
};

/// Of a box's element, relative to the box's first.
struct ConvertPlace {
  std::int64_t offset = 0;  ///< In the source or the destination, elements.
  std::uint64_t at = 0;     ///< The four coordinates, 16 bits each.
  std::uint32_t word = 0;   ///< In shared memory.
};

/// Everything about a number in a box is the sum of what its bits are about. So a thread finds the place of
/// its first elements, and here is what to add for those of its later turns.
struct ConvertProblem {
  ConvertAxis axes[kConvertAxes];  ///< As the source lies, the fastest first.
  std::int64_t from_first = 0, to_first = 0;
  std::uint32_t write_axis = 0;  ///< The destination's fastest.
  ConvertPlace read[kConvertElements], write[kConvertElements];
};

/// How a conversion is launched.
struct ConvertPlan {
  ConvertProblem problem;
  /// The fastest axis is the same on both sides: elements go straight. Else they go through shared memory.
  bool straight = false;
  bool wide_read = false, wide_write = false;  ///< In 16 bytes.
  std::int64_t blocks = 0;
  int threads = kConvertThreads;
  std::int64_t shared_bytes = 0;
};

/// `threads`: a power of two from 32 to 256. `x_aligned`, `y_aligned`: to 16 bytes. Throws
/// std::invalid_argument as convert_activations() does.
ConvertPlan plan_conversion(const StoredActivations& from, const StoredActivations& to, bool x_aligned,
                            bool y_aligned, int threads = kConvertThreads);

void launch_conversion(const ConvertPlan& plan, Precision from, const void* x, Precision to, void* y,
                       CudaStream stream, bool overlap);

}  // namespace coppice::kernels
