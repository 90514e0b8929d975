#include "measure/displace.h"

#include "coppice/error.h"

#include <cstdlib>
#include <cstring>
#include <omp.h>

#include <fmt/format.h>

#include "kernels/cpu/bandwidth/bandwidth.h"
#include "measure/caches.h"

namespace coppice {

void CacheDisplacer::Free::operator()(char* memory) const { std::free(memory); }

CacheDisplacer::CacheDisplacer(int threads) : threads_(threads) {
  const std::int64_t wanted = data_caches().levels.back().capacity(threads) / 4 * 5;
  part_ = (wanted / threads / kernels::kReadUnit + 1) * kernels::kReadUnit;
  bytes_ = part_ * threads;
  buffer_.reset(static_cast<char*>(std::aligned_alloc(64, static_cast<std::size_t>(bytes_))));
  if (!buffer_) throw Failure(fmt::format("no memory for {} bytes to empty the caches with", bytes_));
  std::memset(buffer_.get(), 1, static_cast<std::size_t>(bytes_));
}

void CacheDisplacer::displace() const {
#pragma omp parallel num_threads(threads_)
  for (int part = omp_get_thread_num(); part < threads_; part += omp_get_num_threads()) {
    volatile std::uint64_t sink = kernels::read_xor(buffer_.get() + part * part_, part_, 1);
    (void)sink;
  }
}

}  // namespace coppice
