#pragma once
#include "kernels/cuda/candidate.h"

namespace coppice::kernels {

/// A library's candidates refuse, with the reason, where the library is not on the machine.
std::shared_ptr<const CudaCandidate> cublaslt_candidate();         ///< Dense products of matrices.
std::shared_ptr<const CudaCandidate> cublas_candidate();           ///< The same with one column.
std::shared_ptr<const CudaCandidate> cudnn_candidate();            ///< Dense convolutions.
std::shared_ptr<const CudaCandidate> cusparse_candidate();         ///< CSR and sliced ELLPACK.
std::shared_ptr<const CudaCandidate> cusparse_blocks_candidate();  ///< BSR and blocked ELLPACK.
std::shared_ptr<const CudaCandidate> cusparselt_candidate();       ///< Masks with half of each group at 0.

/// One that refuses everything: for a library whose header the build did not find.
std::shared_ptr<const CudaCandidate> absent_candidate(std::string name, bool sparse, std::string why);

}  // namespace coppice::kernels
