#pragma once
#include "update_bench/updater.h"

namespace coppice {

/// LibTorch's ways: its fused optimiser over the list of tensors, alone where there are no masks, else
/// followed by a multiplication of the values with masks of floats (the fastest that it has), or of values
/// and states; and for SGD the same from operations over lists (foreach), all in place.
///   device  number of the GPU; -1: the CPU, for tests of what is computed
/// Each step runs on the stream that it is given. Throws Failure.
Updaters torch_updaters(const UpdateData& data, int device, std::int64_t copies);

}  // namespace coppice
