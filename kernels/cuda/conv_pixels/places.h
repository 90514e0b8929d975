#pragma once
#include <cstdint>

#include "kernels/cuda/patches/patches.h"

namespace coppice::kernels {

/// Where the cells of a tile's patch lie in shared memory, in floats: row by row, `pitch` apart.
struct PatchPlaces {
  std::uint32_t pitch = 0;
  std::uint32_t channel_cells = 0;  ///< From one channel to the next.
  /// Clocks that shared memory takes to hand out one weight's cells for all pixels of the tile: one for every
  /// 32, and more where neighbouring lanes' cells lie in one bank.
  int wavefronts = 0;
};

/// For a pitch of at least the patch's columns.
int patch_wavefronts(const PatchProblem& patch, std::uint32_t pitch);

/// With the pitch of fewest wavefronts, the smallest of these.
PatchPlaces patch_places(const PatchProblem& patch);

}  // namespace coppice::kernels
