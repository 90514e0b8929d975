#include "kernels/cuda/libraries/libraries.h"

namespace coppice::kernels {

CudaCandidates cuda_library_candidates() { return {cublaslt_candidate()}; }

}  // namespace coppice::kernels
