#pragma once
#include <cstdint>
#include <vector>

#include "kernels/cuda/candidate.h"
#include "kernels/cuda/gather_fma/pack.h"

namespace coppice::kernels {

/// What a choice of tiling depends on. Rows and columns with no nonzero count for nothing.
struct GatherMatrix {
  double rows = 0, columns = 0, nonzeros = 0;
};
GatherMatrix gather_matrix(const Csr& matrix);

/// Slices as wide as so much shared memory allows. Its slice_columns are 0 where there is too little.
GatherTiling gather_tiling(GatherTiling shape, const GatherMatrix& matrix, std::int64_t shared_bytes);

/// Of one run, by cost.h, where nonzeros lie evenly.
double gather_seconds(const GatherTiling& tiling, const GatherMatrix& matrix, std::int64_t images,
                      const CudaDevice& device);

/// The tilings worth packing, the likeliest first for a matrix whose nonzeros lie evenly. Empty where the
/// device has too little shared memory.
std::vector<GatherTiling> gather_tilings(const CudaRequest& request);

/// The packed matrices worth timing, the likeliest first: by what there is to do where they lie as they do.
std::vector<PackedGather> gather_packings(const CudaRequest& request);

}  // namespace coppice::kernels
