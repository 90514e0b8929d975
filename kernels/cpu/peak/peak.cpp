#include "kernels/cpu/peak/peak.h"

#include "kernels/cpu/by_isa.h"

namespace coppice::kernels {

COPPICE_DECLARE_BY_ISA(double peak_burst(long long rounds); double fed_burst(long long rounds);)

double peak_burst(std::int64_t rounds, Isa level) { return COPPICE_BY_ISA(level, peak_burst)(rounds); }

double fed_burst(std::int64_t rounds, Isa level) { return COPPICE_BY_ISA(level, fed_burst)(rounds); }

}  // namespace coppice::kernels
