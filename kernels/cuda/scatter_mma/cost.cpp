#include "kernels/cuda/scatter_mma/cost.h"

#include <algorithm>
#include <cmath>

#include "kernels/cuda/per_clock.h"

namespace coppice::kernels {

namespace {

// A group is copied into shared memory and read from there, and each of its four words stored for 32 lanes at
// once, in 1.4 turns, since BankOrder cannot spread them out evenly; and once more to erase them.
constexpr double kGroupAccesses = 2 * 16 / per_clock::kSharedBytes + 2 * 4 * 1.4 / 32;
// What a warp waits for in a slice: barrier, copies, header; for each 32 groups, to scatter and to erase
// them; for each 16 columns, its fragments and the products of one tensor core.
constexpr double kSliceLatency = 150, kRoundLatency = 60, kFragmentLatency = 40, kProductClocks = 6.4;
constexpr double kFetchLatency = 1200;    // of words and x, with memory at work
constexpr double kStartLatency = 1300;    // a part's start and its words come from memory one after the other
constexpr double kArrivalLatency = 2000;  // a fence, an atomic operation, the first sums
constexpr double kStoreClocks = 0.15;     // of an element of the output

}  // namespace

ScatterCost::ScatterCost(const ScatterTiling& tiling, int padded_images)
    : tiling_(tiling), images_(padded_images), sums_bytes_(4.0 * tiling.block_rows() * padded_images) {}

double ScatterCost::slice(std::int64_t groups) const {
  const auto words = static_cast<double>(groups);
  const double x_bytes = 2.0 * kScatterColumns * images_,
               tiles_bytes = 2.0 * kScatterColumns * tiling_.block_rows();
  const double shared =
      (tiles_bytes + x_bytes * (tiling_.warps + 1)) / per_clock::kSharedBytes + words * kGroupAccesses;
  const double tensor = 2.0 * kScatterColumns * tiling_.block_rows() * images_ / per_clock::kMmaFlops;
  const double cache = (x_bytes + 16 * words) / per_clock::kL2Bytes,
               memory = 16 * words / per_clock::kMemoryBytes;
  const double busy = tiling_.sharing * tiling_.teams * std::max({shared, tensor, cache, memory});
  const double products = tiling_.row_tiles * images_ / 8;
  const double chain = kSliceLatency + std::ceil(words / tiling_.warps / 32) * kRoundLatency +
                       kScatterColumns / 16 * (kFragmentLatency + products * kProductClocks);
  const double fetch = kFetchLatency / (tiling_.stages - 1);
  // For a slice of each team; neither work nor waiting hides behind the other entirely.
  const double waiting = std::max(chain, fetch);
  return (std::max(busy, waiting) + std::min(busy, waiting) / 4) / tiling_.teams;
}

double ScatterCost::part(bool one_of_several) const {
  const double elements = tiling_.block_rows() * images_,
               in_shared = (tiling_.teams + 1) * sums_bytes_ / per_clock::kSharedBytes;
  return kStartLatency + tiling_.sharing * (in_shared + (one_of_several ? sums_bytes_ / per_clock::kL2Bytes
                                                                        : elements * kStoreClocks));
}

double ScatterCost::last(std::int64_t parts) const {
  if (parts < 2) return 0;
  const double elements = tiling_.block_rows() * images_;
  return kArrivalLatency + static_cast<double>(parts) * sums_bytes_ / per_clock::kL2BytesAlone +
         elements * kStoreClocks;
}

}  // namespace coppice::kernels
