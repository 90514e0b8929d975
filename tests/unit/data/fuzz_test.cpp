#define LLVMFuzzerTestOneInput fuzz_idx
#include "fuzz/idx.cpp"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_cifar
#include "fuzz/cifar.cpp"
#undef LLVMFuzzerTestOneInput

#include "coppice/random.h"

#include "fuzz/idx_cases.h"
#include "gtest/gtest.h"

namespace coppice {
namespace {

/// One to four bytes changed, removed or doubled.
std::string mutated(std::string bytes, std::uint64_t number) {
  const Stream stream(number, "fuzz-test");
  const std::uint32_t changes = 1 + stream.below(0, 4);
  for (std::uint32_t i = 0; i < changes && !bytes.empty(); ++i) {
    const std::size_t at = stream.below(1 + 3 * i, static_cast<std::uint32_t>(bytes.size()));
    const std::uint32_t value = stream.bits(2 + 3 * i);
    switch (stream.below(3 + 3 * i, 6)) {
      case 0: bytes.erase(at, 1 + value % 8); break;
      case 1: bytes.insert(at, bytes.substr(at, 1 + value % 8)); break;
      case 2: bytes[at] = static_cast<char>(bytes[at] ^ (1 << value % 8)); break;
      default: bytes[at] = static_cast<char>(value);
    }
  }
  return bytes;
}

int feed(int (*fuzz)(const std::uint8_t*, std::size_t), const std::string& bytes) {
  return fuzz(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

TEST(Fuzz, IdxSurvivesMutations) {
  const std::vector<IdxCase> cases = idx_cases();
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const std::string& start = cases[i % cases.size()].bytes;
    const std::string changed = mutated(start, i);
    EXPECT_EQ(feed(fuzz_idx, changed), 0);
    // Mutations behind the compression too: their checksums hold.
    if (start[0] == '\0') {
      EXPECT_EQ(feed(fuzz_idx, gzip(changed)), 0);
    }
  }
}

TEST(Fuzz, CifarSurvivesMutations) {
  for (std::uint64_t i = 0; i < 2'000; ++i) {
    const std::size_t records = i / 2 % 3, size = i % 2 == 0 ? 3073 : 3074;
    EXPECT_EQ(feed(fuzz_cifar,
                   mutated(std::string(1, static_cast<char>(i % 2)) + std::string(records * size, '\5'), i)),
              0);
  }
}

}  // namespace
}  // namespace coppice
