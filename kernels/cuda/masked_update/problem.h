#pragma once
#include <cstdint>

namespace coppice::kernels {

/// Sixteen bytes at a time: a thread moves so many quads of floats of each array, all loads before the first
/// result, so that enough is on its way from memory.
inline constexpr int kUpdateQuads = 4;  // as many bytes of the mask fit a register
inline constexpr int kUpdateMostThreads = 256;

/// Elements that a block of so many threads takes at a time.
constexpr std::int64_t update_chunk_elements(int threads) { return std::int64_t{threads} * kUpdateQuads * 4; }

/// A part of one tensor: all that a block must know, so that no table leads to another.
struct alignas(16) UpdateChunk {
  float* value;
  const void* gradient;
  float *first, *second;     ///< Null where there is no such state.
  const std::uint8_t* mask;  ///< Of the chunk's first element, eight to a byte; null: all are kept.
  std::uint32_t elements;
  std::uint32_t
      quads;  ///< Fours of elements, from the first on, that vectors may move; others go one by one.
};
static_assert(sizeof(UpdateChunk) == 48);

/// What a launch of the kernel is told. Where `planned` is not null, the rule is planned[min(*done, last)],
/// and the last block adds one to *done.
template <class Rule>
struct UpdateProblem {
  const UpdateChunk* chunks;
  std::uint32_t count;        ///< Of chunks; at least one for each block of threads.
  std::uint32_t skip_pruned;  ///< Eight pruned elements are not even written: they are zero already.
  Rule rule;
  const Rule* planned;
  std::uint32_t last;
  std::uint32_t* done;
  std::uint32_t* arrived;  ///< 0 between launches.
};

}  // namespace coppice::kernels
