#include "kernels/cuda/candidate.h"

namespace coppice::kernels {

CudaCandidates cuda_library_candidates() { return {}; }

}  // namespace coppice::kernels
