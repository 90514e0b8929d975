#pragma once
#include <cstdint>
#include <vector>

#include "kernels/cuda/candidate.h"
#include "kernels/cuda/masked_update/problem.h"

namespace coppice::kernels {

/// One tensor of a network, as an optimiser sees it: flat arrays on the device. The fast path needs them
/// 16-byte aligned (gradients of bf16: 8); other alignments of their elements work.
struct UpdateTensor {
  float* value = nullptr;
  const void* gradient = nullptr;  ///< float or bf16, as the update is told.
  float* first = nullptr;          ///< SGD's velocity, Adam's first moment.
  float* second = nullptr;         ///< Adam's second moment.
  /// One bit per element, bit i % 64 of word i / 64, 1 = kept; bits behind the last element mean nothing.
  /// Null: all kept.
  const std::uint64_t* mask = nullptr;
  std::int64_t count = 0;
};

/// How many arrays of state all of the tensors have: 0, 1 (first) or 2. Throws std::invalid_argument where
/// they do not agree, an array is null or not aligned to its elements, or a count is negative.
int state_arrays(const std::vector<UpdateTensor>& tensors, Precision gradients);

/// The tensors cut into chunks of so many elements (a multiple of 8), the last of each shorter. Gradients are
/// fp32 or bf16.
std::vector<UpdateChunk> update_chunks(const std::vector<UpdateTensor>& tensors, Precision gradients,
                                       std::int64_t chunk_elements);

/// Threads of a block: the most (256, 128, 64) with which so many elements give every multiprocessor a chunk.
int update_threads(std::int64_t elements, int multiprocessors);

}  // namespace coppice::kernels
