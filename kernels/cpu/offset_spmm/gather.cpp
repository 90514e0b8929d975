#include "kernels/cpu/offset_spmm/gather.h"

namespace coppice::kernels {

#define DECLARE(level)                  \
  namespace level {                     \
  void gather(const Gather& gather);    \
  void scatter(const Scatter& scatter); \
  }
#if defined(__x86_64__)
DECLARE(v2)
DECLARE(v3)
DECLARE(v4)
#else
DECLARE(portable)
#endif

void gather(const Gather& g, [[maybe_unused]] Isa level) {
#if defined(__x86_64__)
  switch (level) {
    case Isa::kV4: return v4::gather(g);
    case Isa::kV3: return v3::gather(g);
    default: return v2::gather(g);
  }
#else
  portable::gather(g);
#endif
}

void scatter(const Scatter& s, [[maybe_unused]] Isa level) {
#if defined(__x86_64__)
  switch (level) {
    case Isa::kV4: return v4::scatter(s);
    case Isa::kV3: return v3::scatter(s);
    default: return v2::scatter(s);
  }
#else
  portable::scatter(s);
#endif
}

}  // namespace coppice::kernels
