#include "kernels/cpu/bandwidth/bandwidth.h"

namespace coppice::kernels {

#if defined(__x86_64__)
namespace v2 {
unsigned long long read_xor(const void* data, long long bytes, long long rounds);
}
namespace v3 {
unsigned long long read_xor(const void* data, long long bytes, long long rounds);
}
namespace v4 {
unsigned long long read_xor(const void* data, long long bytes, long long rounds);
}
#else
namespace portable {
unsigned long long read_xor(const void* data, long long bytes, long long rounds);
}
#endif

std::uint64_t read_xor(const void* data, std::int64_t bytes, std::int64_t rounds,
                       [[maybe_unused]] Isa level) {
#if defined(__x86_64__)
  switch (level) {
    case Isa::kV4: return v4::read_xor(data, bytes, rounds);
    case Isa::kV3: return v3::read_xor(data, bytes, rounds);
    default: return v2::read_xor(data, bytes, rounds);
  }
#else
  return portable::read_xor(data, bytes, rounds);
#endif
}

bool flush_from_caches([[maybe_unused]] const void* data, [[maybe_unused]] std::int64_t bytes) {
#if defined(__x86_64__)
  constexpr std::int64_t kLine = 64;
  const char* line = static_cast<const char*>(data);
  for (const char* const end = line + bytes; line < end; line += kLine) __builtin_ia32_clflush(line);
  __builtin_ia32_mfence();
  return true;
#else
  return false;
#endif
}

}  // namespace coppice::kernels
