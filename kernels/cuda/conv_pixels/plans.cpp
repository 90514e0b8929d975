#include "kernels/cuda/conv_pixels/plans.h"

#include <algorithm>
#include <utility>

#include "kernels/cuda/conv_pixels/cost.h"
#include "kernels/cuda/conv_pixels/search.h"

namespace coppice::kernels {

namespace {

constexpr std::size_t kMostTilings = 16, kMostPackings = 4;

/// To one that needs less shared memory. False where there is none.
bool shrink(ConvPixelsTiling& tiling) {
  if (tiling.chunk_channels > 1) {
    tiling.chunk_channels = (tiling.chunk_channels + 1) / 2;
    tiling.stages = std::max(2, tiling.stages);
  } else if (tiling.stages > 2) {
    tiling.stages = 2;
  } else if (tiling.warps > 1) {
    tiling.warps = (tiling.warps + 1) / 2;
  } else if (tiling.warp_rows > 2) {
    tiling.warp_rows = (tiling.warp_rows + 1) / 2;
  } else {
    return false;
  }
  tiling.warp_rows += tiling.block_rows() % 2;
  return true;
}

}  // namespace

std::vector<ConvPixelsTiling> conv_pixels_tilings(const CudaRequest& request) {
  const std::vector<TimedTiling> found = search_conv_pixels(request);
  std::vector<ConvPixelsTiling> tilings;
  for (const auto& [clocks, tiling] : found) {
    if (tilings.size() == kMostTilings || clocks > 1.5 * found.front().first) break;
    const bool alike = std::any_of(tilings.begin(), tilings.end(), [&](const ConvPixelsTiling& other) {
      return other.tile() == tiling.tile() && other.splits == tiling.splits &&
             (other.stages == 1) == (tiling.stages == 1);
    });
    if (!alike) tilings.push_back(tiling);
  }
  if (std::none_of(tilings.begin(), tilings.end(), [](const auto& t) { return t.splits == 1; })) {
    const auto whole =
        std::find_if(found.begin(), found.end(), [](const auto& timed) { return timed.second.splits == 1; });
    if (whole != found.end()) tilings.push_back(whole->second);
  }
  return tilings;
}

std::vector<PackedConvPixels> conv_pixels_packings(const CudaRequest& request) {
  std::vector<std::pair<double, PackedConvPixels>> counted;
  const LayerShape& shape = request.layer.shape;
  for (ConvPixelsTiling tiling : conv_pixels_tilings(request)) {
    PackedConvPixels packed = pack_conv_pixels(shape, request.layer.weights, request.precision, tiling);
    // Slices may be longer than they are in the mean.
    while (packed.shared_bytes() > request.device.shared_bytes_per_block && shrink(tiling)) {
      packed = pack_conv_pixels(shape, request.layer.weights, request.precision, tiling);
    }
    if (packed.shared_bytes() > request.device.shared_bytes_per_block) continue;
    const double clocks = conv_pixels_launch_clocks(
        shape, packed, request.images, static_cast<double>(element_bytes(request.precision)), request.device);
    counted.emplace_back(clocks, std::move(packed));
  }
  std::stable_sort(counted.begin(), counted.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  // The best that is not split takes the last place, if no better one has a place.
  const auto whole = std::find_if(counted.begin(), counted.end(),
                                  [](const auto& packed) { return packed.second.tiling.splits == 1; });
  if (counted.size() > kMostPackings && whole - counted.begin() >= std::ptrdiff_t{kMostPackings} &&
      whole != counted.end())
    std::swap(counted[kMostPackings - 1], *whole);
  std::vector<PackedConvPixels> packings;
  for (std::size_t i = 0; i < std::min(counted.size(), kMostPackings); ++i)
    packings.push_back(std::move(counted[i].second));
  return packings;
}

}  // namespace coppice::kernels
