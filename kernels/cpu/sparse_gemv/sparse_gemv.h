#pragma once
#include <memory>

#include "kernels/candidate.h"

namespace coppice::kernels {

// Linear layers for few images (any number works): y = act(W x + bias + residual). Inputs and outputs lie as
// features of one image after the other: Order::kPlain without halo, or, for 1x1 images, kChannelsLast.

/// Slices of 16 rows, a row per lane of a vector. Where enough rows of a slice keep weights in a block of 32
/// columns, x is looked up in registers (a permutation of the block), elsewhere gathered from memory.
/// A non-finite input reaches every output that keeps a weight on it. In the first column of a block it may
/// also reach, as NaN, those of the 15 neighbouring rows (by length) that keep no weight in that block.
/// AVX-512 only: other vectors have no permutation of 32 floats. At most 65,536 columns.
std::shared_ptr<const Candidate> sell_permute_candidate();

/// Convolutions with few output pixels (16 over all images): each pixel's window is copied into a row, and
/// the rows are what sell-permute calls images. Plain images with a halo as wide as the padding, no residual;
/// limits and non-finite inputs as sell-permute has them.
std::shared_ptr<const Candidate> sell_windows_candidate();

/// Compressed rows with 16-bit columns: 6 bytes a nonzero, on every level, for any size. A non-finite input
/// reaches the outputs that keep a weight on it and no others.
std::shared_ptr<const Candidate> csr16_candidate();

}  // namespace coppice::kernels
