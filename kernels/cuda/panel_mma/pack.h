#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/cuda/panel_mma/problem.h"
#include "kernels/cuda/row_plan/row_plan.h"

namespace coppice::kernels {

/// How the work is cut up.
struct PanelTiling {
  int warps = kPanelMostWarps;                 ///< Of a block of threads: panels of a block of rows.
  int columns = 128;                           ///< Images of a tile: 16, 64 or 128.
  int slice_columns = kPanelMostSliceColumns;  ///< The most of a slice, a multiple of 8.
  int parts = 1;  ///< Blocks of threads that share a block of rows, as far as it has slices.
  bool operator==(const PanelTiling&) const = default;
};

/// A matrix on the host as the kernel reads it: see PanelProblem.
struct PackedPanels {
  PanelTiling tiling;
  RowPlan rows;
  std::vector<PanelWork> work;
  std::vector<double> costs;  ///< Of each work: see panel_mma_block_costs.
  std::vector<std::uint32_t> lists, from, records;
  std::vector<std::uint8_t> places;
  std::int64_t list_columns = 0;  ///< The most of any work.
  std::int64_t partials = 0;

  std::int64_t bytes_read() const;  ///< For one tile of images.
  /// Of shared memory: the ring, later the sums.
  std::int64_t shared_bytes() const;
};

/// Throws std::invalid_argument for a matrix or tiling that is none, or that panel_size_refusal() refuses.
PackedPanels pack_panels(const Csr& matrix, const PanelTiling& tiling);

/// Why a matrix of such sizes cannot be packed: indices on the device have 32 bits. Empty where it can.
std::string panel_size_refusal(std::int64_t rows, std::int64_t columns, std::int64_t nonzeros,
                               const PanelTiling& tiling);

/// What each block of threads does for a tile of 128 images, in accesses of 128 bytes to shared memory, which
/// is what bounds it: rows of X written and read (again where they lie in the same banks), handing weights to
/// lanes, and as if a warp alone could keep it busy for a quarter of the time.
std::vector<double> panel_mma_block_costs(const PackedPanels& packed);

/// Of shared memory for slices of so many columns: also where nothing is packed yet.
std::int64_t panel_shared_bytes(int warps, int columns, std::int64_t list_columns);

}  // namespace coppice::kernels
