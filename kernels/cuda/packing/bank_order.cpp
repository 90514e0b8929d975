#include "kernels/cuda/packing/bank_order.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace coppice::kernels {

int banks_for(std::int64_t bytes) { return static_cast<int>(128 / std::clamp<std::int64_t>(bytes, 4, 16)); }

void BankOrder::sort_by_bank(const std::vector<PackedEntry>& entries) {
  left_ = {};
  for (const PackedEntry& entry : entries) ++left_[entry.bank];
  std::exclusive_scan(left_.begin(), left_.end(), next_.begin(), 0);
  sorted_.resize(entries.size());
  auto to = next_;
  for (const PackedEntry& entry : entries) {
    sorted_[static_cast<std::size_t>(to[entry.bank]++)] = entry;
  }
}

/// From the bank that was taken from least, is not foreign, and has most left. Written so that compilers make
/// vectors of it: packing spends its time here.
PackedEntry BankOrder::take() {
  constexpr int kNone = std::numeric_limits<int>::max(), kMostLeft = (1 << 19) - 1;
  int best = kNone;
  for (int b = 0; b < 32; ++b) {
    const auto i = static_cast<std::size_t>(b);
    const int cost = 2 * taken_[i] + foreign_[i];  // at most 65
    const int key = cost << 24 | (kMostLeft - std::min(left_[i], kMostLeft)) << 5 | b;
    best = std::min(best, left_[i] > 0 ? key : kNone);
  }
  const auto i = static_cast<std::size_t>(best & 31);
  ++taken_[i];
  --left_[i];
  return sorted_[static_cast<std::size_t>(next_[i]++)];
}

void BankOrder::arrange(std::vector<PackedEntry>& entries, int lanes, int team) {
  sort_by_bank(entries);
  const int segment_banks = std::min(lanes, banks_), segments = banks_ / segment_banks;
  const std::size_t groups = (entries.size() + 3) / 4;
  std::size_t out = 0;
  for (std::size_t first = 0; first < groups; first += static_cast<std::size_t>(lanes)) {
    const int lanes_here = static_cast<int>(std::min(static_cast<std::size_t>(lanes), groups - first));
    for (int word = 0; word < 4; ++word) {
      for (int b = 0; b < banks_; ++b) {
        foreign_[static_cast<std::size_t>(b)] = b / segment_banks != (team + word) % segments;
      }
      for (int lane = 0; lane < lanes_here && out < entries.size(); ++lane) {
        if (lane % banks_ == 0) taken_ = {};  // as many lanes as there are banks are served at once
        entries[out++] = take();
      }
    }
  }
}

std::int64_t packed_position(std::int64_t index, std::int64_t groups, std::int64_t lanes) {
  const std::int64_t pass = index / (4 * lanes);
  const std::int64_t lanes_here = std::min(lanes, groups - pass * lanes);
  const std::int64_t rest = index - pass * 4 * lanes;
  return (pass * lanes + rest % lanes_here) * 4 + rest / lanes_here;
}

}  // namespace coppice::kernels
