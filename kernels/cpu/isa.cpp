#include "kernels/cpu/isa.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace coppice::kernels {

static Isa detect() {
  Isa best = Isa::kV2;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v3")) best = Isa::kV3;
  if (__builtin_cpu_supports("x86-64-v4")) best = Isa::kV4;
  if (const char* asked = std::getenv("COPPICE_ISA")) {
    for (Isa level : {Isa::kV2, Isa::kV3}) {
      if (std::strcmp(asked, isa_name(level)) == 0) best = std::min(best, level);
    }
  }
#endif
  return best;
}

Isa isa() {
  static const Isa chosen = detect();
  return chosen;
}

const char* isa_name(Isa isa) {
  switch (isa) {
    case Isa::kV2: return "v2";
    case Isa::kV3: return "v3";
    case Isa::kV4: return "v4";
  }
  return "?";
}

}  // namespace coppice::kernels
