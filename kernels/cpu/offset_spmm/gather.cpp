#include "kernels/cpu/offset_spmm/gather.h"

#include "kernels/cpu/by_isa.h"

namespace coppice::kernels {

COPPICE_DECLARE_BY_ISA(void gather(const Gather& g); void scatter(const Scatter& s);)

void gather(const Gather& g, Isa level) { COPPICE_BY_ISA(level, gather)(g); }

void scatter(const Scatter& s, Isa level) { COPPICE_BY_ISA(level, scatter)(s); }

}  // namespace coppice::kernels
