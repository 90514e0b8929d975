#pragma once
#include <cstdint>

#include "kernels/cuda/candidate.h"
#include "kernels/cuda/stream.h"
#include "kernels/layout.h"

namespace coppice::kernels {

/// Where the channels are: element (o, c, i) of a batch lies at (o * channels + c) * inner + i. Every order
/// without lanes and halo is of that kind.
struct ChannelPlaces {
  std::int64_t outer = 1, channels = 1, inner = 1;
  std::int64_t elements() const { return outer * channels * inner; }
};

/// Throws std::invalid_argument for a layout with lanes or a halo.
ChannelPlaces channel_places(const Activations& activations);

/// y = act(y + bias + residual) in place: what must follow a product whose library cannot take it in.
///   y, residual  the device's, 16-byte aligned, elements as the precision has them; residual may be null and
///                must not overlap y
///   bias         FP32 on the device, [channels]; may be null
///   relu         max(., 0); NaN stays NaN
/// Sums are FP32; bf16 results are rounded once more. Queues one launch. Throws std::invalid_argument for
/// pointers that are null or misaligned, and CudaError.
void add_epilogue(const ChannelPlaces& places, Precision precision, const float* bias, const void* residual,
                  bool relu, void* y, CudaStream stream);

}  // namespace coppice::kernels
