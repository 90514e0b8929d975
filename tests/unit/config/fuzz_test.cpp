// Seeded mutations of configs through the fuzz target's own entry.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include <gtest/gtest.h>

#include "fuzz/config.cpp"

namespace {

TEST(ConfigFuzz, MutationsAreRefusedOrReadBack) {
  std::vector<std::string> corpus;
  for (const auto& entry :
       std::filesystem::directory_iterator(COPPICE_SOURCE_DIR "/tests/fuzz/corpus/config")) {
    std::ostringstream text;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    corpus.push_back(text.str());
  }
  std::sort(corpus.begin(), corpus.end());
  ASSERT_GE(corpus.size(), 10u);
  std::mt19937 random(1);
  const auto below = [&](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
  };
  for (int i = 0; i < 4000; ++i) {
    std::string text = corpus[below(corpus.size())];
    for (std::size_t edits = below(4) + 1; edits > 0 && !text.empty(); --edits) {
      const std::size_t at = below(text.size());
      switch (below(4)) {
        case 0: text[at] = static_cast<char>(below(256)); break;
        case 1: text.erase(at, below(8) + 1); break;
        case 2: text.insert(at, 1, "[]=\"'\n.#-0e"[below(11)]); break;
        default: text.insert(at, corpus[below(corpus.size())].substr(0, below(60))); break;
      }
    }
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  }
}

}  // namespace
