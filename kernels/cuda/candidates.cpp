#include "kernels/cuda/candidate.h"
#include "kernels/cuda/conv_pixels/conv_pixels.h"
#include "kernels/cuda/gather_fma/gather_fma.h"
#include "kernels/cuda/packed_spmv/packed_spmv.h"
#include "kernels/cuda/panel_mma/panel_mma.h"
#include "kernels/cuda/scatter_mma/scatter_mma.h"

namespace coppice::kernels {

const char* precision_name(Precision precision) {
  switch (precision) {
    case Precision::kFp32: return "fp32";
    case Precision::kTf32: return "tf32";
    case Precision::kBf16: return "bf16";
  }
  return "";
}

std::int64_t element_bytes(Precision precision) { return precision == Precision::kBf16 ? 2 : 4; }

CudaCandidates own_cuda_candidates() {
  return {packed_spmv_candidate(), scatter_mma_candidate(), gather_fma_candidate(), panel_mma_candidate(),
          conv_pixels_candidate()};
}

}  // namespace coppice::kernels
