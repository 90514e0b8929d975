#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "measure/caches.h"

namespace coppice {

/// A cache level, or main memory, and how fast it is read.
struct MemoryLevel {
  std::string name;       ///< "L1", "L2", "L3", "DRAM".
  double bytes = 0;       ///< What all threads have of it together; 0: without limit (DRAM).
  double gb_s = 0;        ///< Read by all threads together, 10^9 bytes a second.
  bool separated = true;  ///< Measured alone: the buffers fitted this level and not the one below.
};

/// The buffers that measure one level.
struct BufferPlan {
  MemoryLevel level;
  std::int64_t thread_bytes = 0;  ///< Of each thread's buffer; a multiple of kernels::kReadUnit.
  bool shared = false;            ///< By the threads, who then have to be timed together.
  bool flush = false;             ///< Drop the buffers from the caches before each reading.
};

/// Buffers eight times the level below, and at most half of their own level, so that neither the level below
/// nor what else lies in their own shows; together at most `most_bytes`. `can_flush`: main memory is reached
/// however large the last cache is.
std::vector<BufferPlan> plan_buffers(const std::vector<CacheLevel>& caches, int threads,
                                     std::int64_t most_bytes, bool can_flush);

/// Measures every level of the plan, about 0.2 s each. Throws Failure where there is no memory for the
/// buffers.
std::vector<MemoryLevel> measure_bandwidth(const std::vector<BufferPlan>& plans, int threads);

}  // namespace coppice
