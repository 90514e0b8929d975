#pragma once
#include <algorithm>
#include <cstdint>

namespace coppice::kernels {

/// Calls work(begin, end) on parts of [0, units), one for each thread; on the calling thread alone where all
/// units together touch few floats: waking the others takes some microseconds.
template <class Work>
void share_out(std::int64_t units, std::int64_t floats, int threads, Work&& work) {
  constexpr std::int64_t kParallelFrom = 32 * 1024;
  const std::int64_t parts = floats < kParallelFrom ? 1 : std::min<std::int64_t>(threads, units);
  if (parts <= 1) return work(std::int64_t{0}, units);
#pragma omp parallel for num_threads(static_cast <int>(parts)) schedule(static)
  for (std::int64_t i = 0; i < parts; ++i) work(units * i / parts, units * (i + 1) / parts);
}

}  // namespace coppice::kernels
