#include "kernels/candidate.h"
#include "kernels/cpu/offset_spmm/offset_spmm.h"

namespace coppice::kernels {

Candidates cpu_candidates() { return {lanes_candidate(), direct_candidate(), im2col_candidate()}; }

}  // namespace coppice::kernels
