#pragma once
#include <memory>

#include "kernels/candidate.h"

namespace coppice::kernels {

/// Sparse matrix times dense activations with the place of every operand fixed when the layer is packed: each
/// nonzero carries the offset of its activations from a tile's origin (as XNNPACK's sparse 1x1 convolution
/// and Elsen et al. 2020, "Fast sparse convnets"; here for every window, since a tap of a window is an offset
/// like any other). Columns are cut into blocks whose activations stay in the first-level cache. Bias,
/// residual and ReLU cost no pass of their own.

/// kLanes to kLanes: any convolution or linear layer. A vector is one cell of 16 images, so that it is always
/// aligned, at every stride and dilation.
std::shared_ptr<const Candidate> lanes_candidate();

/// kPlain to kPlain, stride 1, same size and halo: a vector is 16 neighbouring cells of an image in the
/// padded plane, halo included (what comes out there is set to 0).
std::shared_ptr<const Candidate> direct_candidate();

/// kPlain to kPlain, any convolution: the windows of a tile of pixels are gathered in a buffer that stays in
/// the first-level cache (columns without a nonzero left out), block by block.
std::shared_ptr<const Candidate> im2col_candidate();

}  // namespace coppice::kernels
