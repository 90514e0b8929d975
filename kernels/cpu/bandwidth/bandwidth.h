#pragma once
#include <cstdint>

#include "kernels/cpu/isa.h"

namespace coppice::kernels {

/// Buffers of read_sum: a multiple of this many bytes, and aligned to 64.
constexpr std::int64_t kReadUnit = 512;

/// Reads the whole buffer `rounds` times with the level's widest loads, in order, and returns the sum of all
/// its 64-bit words (modulo 2^64): timing it gives the bandwidth of whatever cache holds the buffer.
std::uint64_t read_sum(const void* data, std::int64_t bytes, std::int64_t rounds, Isa level = isa());

/// Drops the buffer from all caches, so that the next read comes from memory. False, and nothing done, where
/// the processor has no instruction for it.
bool flush_from_caches(const void* data, std::int64_t bytes);

}  // namespace coppice::kernels
