#pragma once
#include "kernels/cuda/candidate.h"

namespace coppice::kernels {

/// A library's candidates refuse, with the reason, where the library is not on the machine.
std::shared_ptr<const CudaCandidate> cublaslt_candidate();         ///< Dense products of matrices.
std::shared_ptr<const CudaCandidate> cublas_candidate();           ///< The same with one column.
std::shared_ptr<const CudaCandidate> cudnn_candidate();            ///< Dense convolutions, by algorithms.
std::shared_ptr<const CudaCandidate> cudnn_engines_candidate();    ///< The same by engines of graphs.
std::shared_ptr<const CudaCandidate> cusparse_candidate();         ///< CSR and sliced ELLPACK.
std::shared_ptr<const CudaCandidate> cusparse_blocks_candidate();  ///< BSR and blocked ELLPACK.
std::shared_ptr<const CudaCandidate> cusparse_im2col_candidate();  ///< Convolutions as products.
std::shared_ptr<const CudaCandidate> cusparselt_candidate();       ///< Masks with half of each group at 0.

/// What was found of a library: for the reports of benchmarks, which must say what they measured against.
struct CudaLibrary {
  std::string name;           ///< "cuSPARSE"
  std::string version, path;  ///< Empty where it is not on the machine.
  std::string problem;        ///< Why it cannot be used; empty where it can.
};
std::vector<CudaLibrary> cuda_libraries();  ///< Opens them.

/// One that refuses everything: for a library whose header the build did not find.
std::shared_ptr<const CudaCandidate> absent_candidate(std::string name, bool sparse, std::string why);

}  // namespace coppice::kernels
