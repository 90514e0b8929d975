#pragma once
#include <cstdint>

#include "kernels/cuda/candidate.h"
#include "kernels/cuda/stream.h"
#include "kernels/layout.h"

namespace coppice::kernels {

/// What lies on the device: activations with elements as a precision has them (floats in fp32 and tf32).
struct StoredActivations {
  Activations activations;
  Precision precision = Precision::kFp32;
};

/// y = x in another layout, precision, or both:
///   y[to.offset(n, c, h, w)] = x[from.offset(n, c, h, w)] for every image, channel, row and column.
/// Floats become bf16 rounded to nearest, ties to even, NaN stays NaN; all else keeps its bits. Halos are
/// neither read nor written.
///   from, to  of the same images, channels, rows and columns; any order but kLanes, any halo
///   x, y      the device's, aligned to their elements; must not overlap. 16 bytes are read or written at
///   once
///             where the pointer is aligned to them and the layout's runs are whole, else element by element
///   overlap   the launch may begin before the one before it has ended (kernels/cuda/operands.h)
/// Queues one launch, none where nothing is to do; allocates nothing. Throws std::invalid_argument for shapes
/// that differ, lanes, null or misaligned pointers and more than 2^31 - 1 blocks of threads, and CudaError.
void convert_activations(const StoredActivations& from, const void* x, const StoredActivations& to, void* y,
                         CudaStream stream, bool overlap = false);

/// Read and written by it: images * channels * height * width elements on each side. The least seconds are
/// these bytes over the memory's rate, or L2's where both sides are there.
std::int64_t conversion_bytes(const StoredActivations& from, const StoredActivations& to);

/// Whether it does nothing but copy: x itself would do for y.
bool lies_alike(const StoredActivations& from, const StoredActivations& to);

}  // namespace coppice::kernels
