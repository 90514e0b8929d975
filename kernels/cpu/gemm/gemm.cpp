#include "kernels/cpu/gemm/gemm.h"

namespace coppice::kernels {

#if defined(__x86_64__)
namespace v2 {
void gemm(const Gemm& problem, const Epilogue& epilogue);
}
namespace v3 {
void gemm(const Gemm& problem, const Epilogue& epilogue);
}
namespace v4 {
void gemm(const Gemm& problem, const Epilogue& epilogue);
}
#else
namespace portable {
void gemm(const Gemm& problem, const Epilogue& epilogue);
}
#endif

void gemm(const Gemm& problem, const Epilogue& epilogue, [[maybe_unused]] Isa level) {
#if defined(__x86_64__)
  switch (level) {
    case Isa::kV4: return v4::gemm(problem, epilogue);
    case Isa::kV3: return v3::gemm(problem, epilogue);
    default: return v2::gemm(problem, epilogue);
  }
#else
  portable::gemm(problem, epilogue);
#endif
}

std::int64_t gemm_panel_columns(Isa level) { return level == Isa::kV4 ? 64 : kGemmUnit; }

}  // namespace coppice::kernels
