#include "kernels/cuda/masked_update/traffic.h"

#include <algorithm>
#include <bit>

namespace coppice::kernels {

namespace {

std::int64_t parts(std::int64_t count, std::int64_t size) { return (count + size - 1) / size; }

/// Of groups of `size` elements (a divisor of 64), those in which one is kept.
std::int64_t groups_kept(const std::uint64_t* mask, std::int64_t count, std::int64_t size) {
  if (!mask) return parts(count, size);
  const std::uint64_t group = size == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << size) - 1;
  std::int64_t kept = 0;
  for (std::int64_t begin = 0; begin < count; begin += 64) {
    std::uint64_t word = mask[begin / 64];
    if (count - begin < 64) word &= (std::uint64_t{1} << (count - begin)) - 1;
    for (; word != 0; ++kept) word &= ~(group << std::countr_zero(word) / size * size);
  }
  return kept;
}

}  // namespace

UpdateTraffic& UpdateTraffic::operator+=(const UpdateTraffic& other) {
  read += other.read;
  written += other.written;
  return *this;
}

UpdateTraffic update_traffic(const std::uint64_t* mask, std::int64_t count, const UpdateArrays& arrays,
                             Precision gradients, Pruned pruned, std::int64_t sector) {
  const std::int64_t floats = sector / 4, kept = groups_kept(mask, count, floats);
  UpdateTraffic traffic;
  traffic.read = sector * (arrays.read * kept + groups_kept(mask, count, sector / element_bytes(gradients)) +
                           (mask ? parts(parts(count, 8), sector) : 0));
  traffic.written = sector * arrays.written * (pruned == Pruned::kZero ? kept : parts(count, floats));
  return traffic;
}

}  // namespace coppice::kernels
