#include "kernels/cuda/libraries/libraries.h"

namespace coppice::kernels {

CudaCandidates cuda_library_candidates() {
  return {cublaslt_candidate(),        cublas_candidate(),          cusparse_candidate(),
          cusparse_blocks_candidate(), cusparse_im2col_candidate(), cusparselt_candidate(),
          cudnn_candidate(),           cudnn_engines_candidate()};
}

}  // namespace coppice::kernels
