#include "kernels/cuda/packed_spmv/bank_order.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace coppice::kernels {

// A warp's access of 4, 8 or 16 bytes a lane is served for 32, 16 or 8 lanes at a time: 128 bytes.
BankOrder::BankOrder(std::int64_t column_bytes)
    : banks_(static_cast<int>(128 / std::clamp<std::int64_t>(column_bytes, 4, 16))) {}

void BankOrder::arrange(std::vector<SpmvEntry>& entries, int window) {
  std::array<std::size_t, 33> begin = {};
  for (const SpmvEntry& entry : entries) ++begin[static_cast<std::size_t>(bank(entry.slot)) + 1];
  std::partial_sum(begin.begin(), begin.end(), begin.begin());
  std::array<std::size_t, 32> left = {}, next = {};
  for (std::size_t b = 0; b < 32; ++b) {
    next[b] = begin[b];
    left[b] = begin[b + 1] - begin[b];
  }
  sorted_.resize(entries.size());
  for (const SpmvEntry& entry : entries) sorted_[next[static_cast<std::size_t>(bank(entry.slot))]++] = entry;
  std::copy(begin.begin(), begin.end() - 1, next.begin());

  std::array<std::size_t, 32> fullest = {};
  std::iota(fullest.begin(), fullest.end(), std::size_t{0});
  for (std::size_t out = 0; out < entries.size();) {
    const std::size_t end = std::min(entries.size(), out + static_cast<std::size_t>(window));
    std::sort(fullest.begin(), fullest.begin() + banks_,
              [&](std::size_t a, std::size_t b) { return left[a] != left[b] ? left[a] > left[b] : a < b; });
    while (out < end) {  // once, unless too few banks have entries left
      for (std::size_t i = 0; i < static_cast<std::size_t>(banks_) && out < end; ++i) {
        const std::size_t b = fullest[i];
        if (left[b] == 0) break;
        entries[out++] = sorted_[next[b]++];
        --left[b];
      }
    }
  }
}

std::int64_t spmv_position(std::int64_t index, std::int64_t groups, std::int64_t lanes) {
  const std::int64_t pass = index / (4 * lanes);
  const std::int64_t lanes_here = std::min(lanes, groups - pass * lanes);
  const std::int64_t rest = index - pass * 4 * lanes;
  return (pass * lanes + rest % lanes_here) * 4 + rest / lanes_here;
}

}  // namespace coppice::kernels
