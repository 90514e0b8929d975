#include "kernels/candidate.h"

namespace coppice::kernels {

Candidates cpu_candidates() { return {}; }

}  // namespace coppice::kernels
