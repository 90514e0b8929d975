#include "kernels/cpu/peak/peak.h"

namespace coppice::kernels {

#if defined(__x86_64__)
namespace v2 {
double peak_burst(long long rounds);
}
namespace v3 {
double peak_burst(long long rounds);
}
namespace v4 {
double peak_burst(long long rounds);
}
#else
namespace portable {
double peak_burst(long long rounds);
}
#endif

double peak_burst(std::int64_t rounds, [[maybe_unused]] Isa level) {
#if defined(__x86_64__)
  switch (level) {
    case Isa::kV4: return v4::peak_burst(rounds);
    case Isa::kV3: return v3::peak_burst(rounds);
    default: return v2::peak_burst(rounds);
  }
#else
  return portable::peak_burst(rounds);
#endif
}

}  // namespace coppice::kernels
