// What blocks of threads cost, in clocks of a multiprocessor: for the choice of a tiling, and to show that
// skewed masks cost no more than others.
#pragma once
#include <vector>

#include "kernels/cuda/conv_pixels/pack.h"
#include "kernels/cuda/devices.h"

namespace coppice::kernels {

/// A slice, counted.
struct ConvPixelsWork {
  double channels = 0;  ///< Whose patches are brought: none where there is no nonzero.
  double vectors = 0;
  double entries = 0, visits = 0;            ///< Nonzeros, and rows that have any.
  double most_entries = 0, most_visits = 0;  ///< Of the warp that has most.
};

/// What all blocks of a layer's tiling have in common.
struct ConvPixelsShape {
  ConvPixelsTiling tiling;
  PatchPlaces places;
  double cells = 0, columns = 0;  ///< Of a channel's patch that are stored, and of a row of it.
  double element_bytes = 4;
};
ConvPixelsShape conv_pixels_shape(const LayerShape& shape, const ConvPixelsTiling& tiling,
                                  double element_bytes);

struct ConvPixelsClocks {
  double busy = 0;         ///< That the multiprocessor's busiest part needs, and nobody else can have.
  double arriving = 0;     ///< Until what the slice needs is there, if no other block is.
  double multiplying = 0;  ///< From then on.
};
/// Busy is the most of
///   first-level cache and shared memory: the pixels' wavefronts for an entry and half of one for the entry,
///                  twice a lane's pixels for a row that is visited, and for every 32 cells copied one for
///                  each piece of a row of the image among them, and one to write them
///   instructions:  3 for each of a lane's pixels and 2 for an entry, 2 and 25 for a row that is visited, 10
///                  for every 32 cells that are copied
///   level-2 cache: what arrives, of rows of the image whole sectors of 32 bytes
/// as per_clock.h has them. What arrives alone comes three times as fast; the slowest warp waits 12 clocks
/// for an entry and 2.5 for each of its pixels, 60 for a row that it visits, and all 60 for each other.
ConvPixelsClocks conv_pixels_slice_clocks(const ConvPixelsShape& shape, const ConvPixelsWork& work);

/// Until the first loads have answered: tables, and after them what these name.
inline constexpr double kConvPixelsBeginClocks = 1200;
/// More where a multiprocessor has no room for two blocks: the next launch's cannot begin beside this one's.
inline constexpr double kConvPixelsAloneClocks = 500;
/// Of so many rows: 400, and 100 for each output of a thread. Where several blocks share the channels, their
/// sums go to the level-2 cache, the last block reads them all, and 3000 clocks pass until it knows that it
/// is the last and has them.
double conv_pixels_epilogue_clocks(const ConvPixelsTiling& tiling, double rows);

/// Blocks of threads that a multiprocessor holds at a time.
int conv_pixels_residents(const ConvPixelsTiling& tiling, std::int64_t shared_bytes,
                          const CudaDevice& device);

/// Of all a block's slices, the first of which arrive before anything is multiplied.
struct ConvPixelsBlockClocks {
  double busy = 0, alone = 0;
};
/// One slice more: but for the first they arrive while others are multiplied.
void add_slice(ConvPixelsBlockClocks& clocks, const ConvPixelsClocks& slice, bool first);

/// What each block of threads of a tile costs alone, in the order in which they begin.
std::vector<double> conv_pixels_block_costs(const LayerShape& shape, const PackedConvPixels& packed);

/// A launch, counted block by block: until each multiprocessor has done what it is busy with, and each of its
/// residents has waited for what it waits. Without the launch itself.
double conv_pixels_launch_clocks(const LayerShape& shape, const PackedConvPixels& packed, std::int64_t images,
                                 double element_bytes, const CudaDevice& device);

}  // namespace coppice::kernels
