#pragma once
#include <cstdint>

#include "kernels/cpu/isa.h"

namespace coppice::kernels {

/// Buffers of read_xor: a multiple of this many bytes, and aligned to 64.
constexpr std::int64_t kReadUnit = 1024;

/// Reads the whole buffer `rounds` times with the level's widest loads, in order, and returns the exclusive
/// or of all 64-bit words read: timing it gives the bandwidth of whatever cache holds the buffer.
std::uint64_t read_xor(const void* data, std::int64_t bytes, std::int64_t rounds, Isa level = isa());

/// Drops the buffer from all caches, so that the next read comes from memory. False, and nothing done, where
/// the processor has no instruction for it.
bool flush_from_caches(const void* data, std::int64_t bytes);

}  // namespace coppice::kernels
