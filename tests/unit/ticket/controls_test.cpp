#include "ticket/controls.h"

#include "support/small_search.h"

namespace coppice {
namespace {

using Controls = SmallSearch;

TEST_F(Controls, BeginAsTheirDefinitionsSay) {
  config.control = {.reinit = true, .shuffle = true, .random = true, .dense = true};
  const SearchResult result = search();
  ASSERT_EQ(result.controls.size(), 8U);
  const Tensors rewind = trained(initial(result), result.records[0].masks, 0, 0, 3);
  for (const LevelRecord& control : result.controls) {
    SCOPED_TRACE(control.branch + " " + std::to_string(control.level));
    const LevelRecord& level = result.records[static_cast<std::size_t>(control.level)];
    const bool from_scratch = control.branch == "reinit" || control.branch == "random";
    EXPECT_EQ(control.steps, from_scratch ? steps : steps - 3);
    EXPECT_EQ(nonzero_pruned(control.masks, model(result, control.level, control.branch)), 0);
    if (!from_scratch) {
      EXPECT_EQ(model(result, control.level, control.branch),
                trained(rewind, control.masks, static_cast<std::uint64_t>(control.level), 3, steps));
    }
    for (std::size_t layer = 0; layer < level.masks.size(); ++layer) {
      const std::int64_t all = level.masks[layer].mask.size();
      EXPECT_EQ(control.masks[layer].mask.kept(),
                control.branch == "dense" ? all : level.masks[layer].mask.kept());
    }
    EXPECT_EQ(control.masks == level.masks, control.branch == "reinit");
  }
  expect_verified(result);
}

TEST_F(Controls, LearningRateRewindingKeepsToItsBranch) {
  config.retrain.mode = "lr-rewind";
  config.control = {.shuffle = true, .dense = true};
  const SearchResult result = search();
  for (const LevelRecord& control : result.controls) {
    const Tensors start = control.branch == "shuffle" || control.level == 1
                              ? model(result, 0)
                              : model(result, control.level - 1, "dense");
    EXPECT_EQ(model(result, control.level, control.branch),
              trained(start, control.masks, static_cast<std::uint64_t>(control.level), 3, steps))
        << control.branch << control.level;
  }
}

TEST_F(Controls, ComeLaterInTheSameFolder) {
  const SearchResult before = search();
  config.control.shuffle = true;
  config.replicates = 2;
  const SearchResult after = search();
  EXPECT_EQ(after.folder, before.folder);
  ASSERT_EQ(after.controls.size(), 4U);
  EXPECT_NE(after.controls[0].masks, after.controls[2].masks);  // of another seed
  const RunContent read = read_run(after.folder);
  ASSERT_EQ(read.controls.size(), 4U);
  EXPECT_EQ(read.controls[3].branch, "shuffle");
  EXPECT_EQ(read.controls[3].replicate, 2);
  EXPECT_EQ(read.records.size(), 6U);
}

TEST_F(Controls, VerifyFindsAChangedMask) {
  config.control.shuffle = true;
  const SearchResult result = search();
  const LevelPaths files = RunPaths{result.folder}.replicate(1).branch("shuffle").level(1);
  write_masks(files.mask().string(), result.records[1].masks);
  int broken = 0;
  for (const Finding& finding : verify_run(result.folder))
    broken += finding.outcome == Finding::Outcome::kBroken;
  EXPECT_EQ(broken, 3);  // its checksum, its origin, and weights where the true mask had kept them
}

TEST(ControlMasks, StayNestedAndKeepEachLayersCount) {
  Masks outer = {{"a.weight", Mask::ones({20, 50})}, {"b.weight", Mask::ones({10, 20})}};
  for (std::int64_t i = 0; i < 1000; i += 3) outer[0].mask.set(i, false);
  for (std::int64_t i = 0; i < 150; ++i) outer[1].mask.set(i, false);
  Masks inner = outer;
  for (std::int64_t i = 0; i < 1000; i += 2) inner[0].mask.set(i, false);
  for (const std::string control : {"shuffle", "random"}) {
    const Masks a = control_masks(control, outer, 7), b = control_masks(control, inner, 7);
    EXPECT_TRUE(nested_in(b, a)) << control;
    for (std::size_t layer = 0; layer < 2; ++layer) {
      EXPECT_EQ(a[layer].mask.kept(), outer[layer].mask.kept());
      EXPECT_EQ(b[layer].mask.kept(), inner[layer].mask.kept());
    }
    // Chance leaves d^2 + (1 - d)^2 of the places alike: 5/9 of the first layer, 62% of the second.
    EXPECT_NEAR(distance(a, outer), 1 - (1000 * 5.0 / 9 + 200 * 0.625) / 1200, 0.06) << control;
    EXPECT_NE(control_masks(control, outer, 8), a);
  }
}

}  // namespace
}  // namespace coppice
