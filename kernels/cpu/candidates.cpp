#include "kernels/candidate.h"
#include "kernels/cpu/offset_spmm/offset_spmm.h"
#include "kernels/cpu/sparse_gemv/sparse_gemv.h"

namespace coppice::kernels {

Candidates cpu_candidates() {
  return {lanes_candidate(),        direct_candidate(),       im2col_candidate(),
          sell_permute_candidate(), sell_windows_candidate(), csr16_candidate()};
}

}  // namespace coppice::kernels
