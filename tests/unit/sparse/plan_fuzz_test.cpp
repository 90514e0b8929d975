// Seeded mutations of plan files: through the fuzz target's own entry, and as the cache of a plan.
#include <filesystem>
#include <fstream>
#include <random>

#include "base/files.h"
#include "fuzz/plan.cpp"
#include "support/scratch.h"
#include "unit/sparse/plan_cases.h"

namespace coppice {
namespace {

class Mutations {
 public:
  explicit Mutations(std::vector<std::string> corpus) : corpus_(std::move(corpus)) {}

  std::string next() {
    std::string text = corpus_[below(corpus_.size())];
    for (std::size_t edits = below(3) + 1; edits > 0 && !text.empty(); --edits) {
      const std::size_t at = below(text.size());
      switch (below(5)) {
        case 0: text[at] = static_cast<char>(below(256)); break;
        case 1: text.erase(at, below(8) + 1); break;
        case 2: text.insert(at, 1, "[]{}\",:-0e9"[below(11)]); break;
        case 3: digit(text, at); break;
        default: {
          const std::string& other = corpus_[below(corpus_.size())];
          text.insert(at, other.substr(std::min(at, other.size()), below(60)));
        }
      }
    }
    return text;
  }

 private:
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
  /// Another digit for the next one: most of these still are JSON.
  void digit(std::string& text, std::size_t at) {
    const std::size_t found = text.find_first_of("0123456789", at);
    if (found != std::string::npos) text[found] = static_cast<char>('0' + below(10));
  }

  std::vector<std::string> corpus_;
  std::mt19937 random_{1};
};

TEST(PlanFuzz, MutationsAreRefusedOrCanBeRun) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(COPPICE_SOURCE_DIR "/tests/fuzz/corpus/plan"))
    paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  ASSERT_GE(paths.size(), 10u);
  std::vector<std::string> corpus;
  for (const auto& path : paths) {
    corpus.push_back(read_file(path));
    const auto read = [&] {
      plan_from_json(corpus.back(), kFuzzPlanKey, fuzz_plan_program(), kFuzzPlanImages);
    };
    if (path.filename().string().starts_with("good")) {
      EXPECT_NO_THROW(read()) << path;
    } else {
      EXPECT_THROW(read(), BadInput) << path;
    }
  }
  Mutations mutations(corpus);
  for (int i = 0; i < 4000; ++i) {
    const std::string text = mutations.next();
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  }
}

TEST(PlanFuzz, AnyCacheGivesAPlanThatIsRight) {
  const Scratch here;
  const PlanCase one(fuzz_plan_network(), 0.5, 4);
  PlanOptions options = hasty(4);
  options.cache = here / "plan.json";
  options.force_sparse = true;
  one.plan(options);
  Mutations mutations({read_file(options.cache)});
  int used = 0;
  for (int i = 0; i < 60; ++i) {
    SCOPED_TRACE(i);
    std::ofstream(options.cache, std::ios::binary) << mutations.next();  // quicker than a safe write
    Plan plan = one.plan(options);
    used += plan.from_cache();
    EXPECT_EQ(plan.from_cache(), plan.note().empty());
    one.expect_right(run(plan, one.images, 3));
  }
  EXPECT_GE(used, 5);  // where what was changed does not matter
  EXPECT_LE(used, 55);
}

}  // namespace
}  // namespace coppice
