#pragma once
#include "kernels/candidate.h"

namespace coppice {

/// Layers on other people's kernels, to stand beside our own: LibTorch dense (ATen; oneDNN with weights
/// packed beforehand; MKL with weights packed beforehand for linear layers, and after im2col), and sparse
/// ones: torch.sparse_csr, MKL's inspector-executor, Eigen. Convolutions go to the sparse ones as im2col'd
/// matrices.
///
/// All but Eigen run on as many threads as LibTorch is set to (set_threads), whatever the request says: the
/// caller makes both agree.
kernels::Candidates peer_candidates();

/// Own kernels and peers.
kernels::Candidates all_candidates();

}  // namespace coppice
