// The fuzz target without a fuzzer: seeded mutations of every case. A crash, an abort or another exception
// than BadInput fails the test.
#include "coppice/random.h"

#include <filesystem>

#include "base/files.h"
#include "fuzz/safetensors.cpp"
#include "fuzz/safetensors_cases.h"
#include "gtest/gtest.h"
#include "support/samples.h"
#include "support/scratch.h"

namespace coppice {
namespace {

namespace fs = std::filesystem;

void feed(const std::string& bytes) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

/// One to four random changes; half of them draw from words that mean something to the format.
std::string mutated(std::string bytes, const std::string& other, const Stream& stream) {
  static const std::vector<std::string> words = {"{",
                                                 "}",
                                                 "[",
                                                 "]",
                                                 ",",
                                                 ":",
                                                 "\"",
                                                 "-",
                                                 "0",
                                                 "1",
                                                 "8",
                                                 "9223372036854775807",
                                                 "18446744073709551615",
                                                 "1e999",
                                                 "4.0",
                                                 "null",
                                                 "\"shape\"",
                                                 "\"dtype\"",
                                                 "\"F32\"",
                                                 "\"I64\"",
                                                 "__metadata__",
                                                 "\\u0000",
                                                 "\\ud800",
                                                 std::string(1, '\0'),
                                                 "\xff",
                                                 "data_offsets",
                                                 "order",
                                                 ".bitmask"};
  std::uint64_t i = 0;
  const auto below = [&](std::size_t n) { return stream.below(i++, static_cast<std::uint32_t>(n)); };
  for (std::uint32_t change = 0, changes = 1 + below(4); change < changes; ++change) {
    const std::size_t at = below(bytes.size() + 1);
    switch (below(7)) {
      case 0: bytes.resize(at); break;
      case 1: bytes.insert(at, words[below(words.size())]); break;
      case 2:
        bytes.replace(at, std::min<std::size_t>(bytes.size() - at, 1 + below(3)), words[below(words.size())]);
        break;
      case 3:
        if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ 1 << below(8));
        break;
      case 4: bytes.erase(at, 1 + below(6)); break;
      case 5: bytes.insert(at, bytes.substr(below(bytes.size() + 1), below(60))); break;
      default: bytes = bytes.substr(0, at) + other.substr(std::min<std::size_t>(other.size(), at)); break;
    }
  }
  if (below(4) != 0 && bytes.size() >= 8) {  // keep the length honest, or most changes die at the first check
    const std::size_t end = bytes.rfind('}');
    const std::uint64_t length = end == std::string::npos || end < 8 ? 0 : end - 7;
    std::memcpy(bytes.data(), &length, 8);
  }
  return bytes;
}

TEST(SafetensorsFuzz, TwentyThousandMutations) {
  std::vector<std::string> seeds;
  for (const SafetensorsCase& one : safetensors_cases()) {
    feed(one.bytes);
    seeds.push_back(one.bytes);
  }
  const Scratch scratch;
  write_safetensors(scratch / "x", samples(), {{"k", "v"}});
  seeds.push_back(read_file(scratch / "x"));
  write_masks(scratch / "x", {{"a.weight", Mask::ones({3, 9})}, {"b.weight", Mask::ones({2, 2, 2})}});
  for (int i = 0; i < 20; ++i) seeds.push_back(read_file(scratch / "x"));
  for (std::uint64_t i = 0; i < 20000; ++i) {
    const Stream pick(7, "fuzz pick", i);
    const std::uint32_t n = static_cast<std::uint32_t>(seeds.size());
    feed(mutated(seeds[pick.below(0, n)], seeds[pick.below(1, n)], Stream(7, "fuzz", i)));
  }
}

/// COPPICE_WRITE_CORPUS=1 in the environment writes the files instead of comparing them.
TEST(SafetensorsFuzz, TheCorpusIsTheCases) {
  const fs::path folder = fs::path(COPPICE_SOURCE_DIR) / "tests/fuzz/corpus/safetensors";
  std::size_t files = 0;
  for (const SafetensorsCase& one : safetensors_cases()) {
    if (std::getenv("COPPICE_WRITE_CORPUS") != nullptr) write_file_atomically(folder / one.name, one.bytes);
    EXPECT_EQ(read_file(folder / one.name), one.bytes) << one.name;
    ++files;
  }
  EXPECT_EQ(static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {})), files);
}

}  // namespace
}  // namespace coppice
