#define LLVMFuzzerTestOneInput fuzz_idx
#include "fuzz/idx.cpp"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_cifar
#include "fuzz/cifar.cpp"
#undef LLVMFuzzerTestOneInput

#include "coppice/random.h"

#include <filesystem>
#include <map>

#include "base/files.h"
#include "fuzz/cifar_cases.h"
#include "support/data_files.h"

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
  const std::vector<CifarCase> cases = cifar_cases();
  for (std::uint64_t i = 0; i < 3'000; ++i)
    EXPECT_EQ(feed(fuzz_cifar, mutated(cases[i % cases.size()].fuzz_input(), i)), 0);
}

/// The files below tests/fuzz/corpus are the cases, but for how zlib packed them on the day.
/// COPPICE_WRITE_CORPUS=1 in the environment writes them instead of comparing.
void compare_corpus(const std::string& reader, const std::map<std::string, std::string>& cases) {
  const std::filesystem::path folder =
      std::filesystem::path(COPPICE_SOURCE_DIR) / "tests/fuzz/corpus" / reader;
  std::size_t files = 0;
  for (const auto& [name, bytes] : cases) {
    const std::string path = (folder / name).string();
    if (std::getenv("COPPICE_WRITE_CORPUS") != nullptr) put(path, bytes);
    const std::string stored = read_file(path);
    if (stored.starts_with("\x1f\x8b")) {
      EXPECT_TRUE(bytes.starts_with("\x1f\x8b")) << name;
    } else {
      EXPECT_EQ(stored, bytes) << name;
    }
    ++files;
  }
  EXPECT_EQ(static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {})), files);
}

TEST(Fuzz, TheCorpusIsTheCases) {
  std::map<std::string, std::string> idx, cifar;
  for (const IdxCase& one : idx_cases()) idx[one.name] = one.bytes;
  for (const CifarCase& one : cifar_cases()) cifar[one.name] = one.fuzz_input();
  compare_corpus("idx", idx);
  compare_corpus("cifar", cifar);
}

}  // namespace
}  // namespace coppice
