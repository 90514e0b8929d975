#pragma once
#include <cstdint>
#include <vector>

#include "kernels/cuda/candidate.h"
#include "kernels/cuda/conv_pixels/pack.h"

namespace coppice::kernels {

/// The tilings worth packing, the likeliest first for a matrix whose nonzeros lie evenly, among them one
/// whose blocks share no channels: nothing is assumed with less reason than what sharing costs. Empty where
/// the device has too little shared memory.
std::vector<ConvPixelsTiling> conv_pixels_tilings(const CudaRequest& request);

/// The packed layers worth timing, the likeliest first: by what there is to do where nonzeros lie as they do.
/// One whose blocks share no channels is among them.
/// All fit into the device's shared memory.
std::vector<PackedConvPixels> conv_pixels_packings(const CudaRequest& request);

}  // namespace coppice::kernels
