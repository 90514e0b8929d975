// What LibTorch's ways compute, on the CPU, where the same operations are: the arguments stand in the right
// places, and masks end where they should.
#include "update_bench/libtorch/torch_updaters.h"

#include "gtest/gtest.h"

namespace coppice {
namespace {

UpdateData small_data(UpdateOptimizer optimizer, double density) {
  return draw_update_data({"lenet-300-100", optimizer, density, CacheState::kCold});
}

std::vector<std::string> names_of(const Updaters& updaters) {
  std::vector<std::string> names;
  for (const auto& updater : updaters) names.push_back(updater->name());
  return names;
}

TEST(TorchUpdaters, AreTheWaysThatThereAre) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(names_of(torch_updaters(small_data(UpdateOptimizer::kSgd, 0.1), -1, 1)),
            (Names{"fused, mask values", "fused, mask values and states", "foreach, mask values"}));
  EXPECT_EQ(names_of(torch_updaters(small_data(UpdateOptimizer::kAdam, 0.1), -1, 1)),
            (Names{"fused, mask values", "fused, mask values and states"}));
  EXPECT_EQ(names_of(torch_updaters(small_data(UpdateOptimizer::kSgd, 1), -1, 1)),
            (Names{"fused", "foreach"}));
}

TEST(TorchUpdaters, AgreeWithFp64) {
  for (const UpdateOptimizer optimizer : {UpdateOptimizer::kSgd, UpdateOptimizer::kAdam}) {
    for (const double density : {1.0, 0.1}) {
      const UpdateData data = small_data(optimizer, density);
      for (const auto& updater : torch_updaters(data, -1, 2)) {
        EXPECT_EQ(updater->values()[0], data.tensors[0].value);
        updater->run(1, nullptr);
        EXPECT_EQ(updater->values()[0], data.tensors[0].value) << "another copy's turn";
        updater->run(2, nullptr);
        EXPECT_EQ(wrong_after_a_step(data, updater->values()), "") << updater->name();
      }
    }
  }
}

TEST(TorchUpdaters, WrongOnesAreFound) {
  const UpdateData data = small_data(UpdateOptimizer::kSgd, 0.1);
  const auto updater = std::move(torch_updaters(data, -1, 1).front());
  EXPECT_NE(wrong_after_a_step(data, updater->values()), "") << "no step was made";
  updater->run(0, nullptr);
  std::vector<std::vector<float>> values = updater->values();
  ASSERT_EQ(wrong_after_a_step(data, values), "");
  std::int64_t pruned = 0;
  while (data.tensors[0].kept(pruned)) ++pruned;
  values[0][static_cast<std::size_t>(pruned)] = 1e-30f;
  EXPECT_NE(wrong_after_a_step(data, values), "") << "a pruned element must be zero";
  values = updater->values();
  values[5].pop_back();
  EXPECT_NE(wrong_after_a_step(data, values), "");
}

}  // namespace
}  // namespace coppice
