#include "kernels/cuda/timing/rotation.h"

#include <set>
#include <stdexcept>
#include <utility>

#include "gtest/gtest.h"

namespace coppice::kernels {
namespace {

/// Tells who ran with what.
struct Log {
  int made = 0;
  std::vector<int> ran;
  std::set<const void*> inputs, outputs;
};

class FakeRunner final : public CudaRunner {
 public:
  explicit FakeRunner(Log& log) : log_(log), number_(log.made++) {}
  void run(const void* x, const void* residual, void* y, CudaStream) override {
    EXPECT_EQ(residual, nullptr);
    EXPECT_EQ(*static_cast<const float*>(x), 2.5f) << "every copy has the input";
    log_.ran.push_back(number_);
    log_.inputs.insert(x);
    log_.outputs.insert(y);
    static_cast<float*>(y)[1] = 1;  // the output is as large as asked for
  }
  std::unique_ptr<CudaRunner> replicate() const override { return std::make_unique<FakeRunner>(log_); }
  std::int64_t packed_bytes() const override { return 1000; }
  std::string variant() const override { return "fake"; }

 private:
  Log& log_;
  int number_;
};

TEST(Rotation, GoesRoundCopiesWithDataOfTheirOwn) {
  Log log;
  const DeviceBuffer x = on_device(std::vector<float>{2.5f});
  Rotation rotation(std::make_unique<FakeRunner>(log), x, 8, 3);
  EXPECT_EQ(rotation.copies(), 3);
  EXPECT_EQ(rotation.bytes(), 3 * (1000 + 4 + 8));
  EXPECT_EQ(rotation.runner().variant(), "fake");
  for (int call = 0; call < 7; ++call) rotation.run(call, nullptr);
  EXPECT_EQ(log.ran, (std::vector<int>{0, 1, 2, 0, 1, 2, 0}));
  EXPECT_EQ(log.inputs.size(), 3u);
  EXPECT_EQ(log.outputs.size(), 3u);
  EXPECT_EQ(log.inputs.count(x.data()), 0u);
  rotation.grow(4);
  rotation.grow(2);
  EXPECT_EQ(rotation.copies(), 4) << "it does not shrink";
  log.ran.clear();
  for (int call = 2; call < 6; ++call) rotation.run(call, nullptr);
  EXPECT_EQ(log.ran, (std::vector<int>{2, 3, 0, 1}));
  EXPECT_EQ(log.outputs.size(), 4u);
  EXPECT_THROW(Rotation(std::make_unique<FakeRunner>(log), x, 8, 0), std::invalid_argument);
  EXPECT_THROW(Rotation(std::make_unique<FakeRunner>(log), x, 8, kMostCopies + 1), std::invalid_argument);
}

TEST(Rotation, ColdMeansThreeTimesL2) {
  EXPECT_EQ(copies_for_cold_caches(60, 60), 3);
  EXPECT_EQ(copies_for_cold_caches(61, 60), 3);
  EXPECT_EQ(copies_for_cold_caches(59, 60), 4);
  EXPECT_EQ(copies_for_cold_caches(180, 60), 1);
  EXPECT_EQ(copies_for_cold_caches(1'000'000, 60), 1);
  EXPECT_EQ(copies_for_cold_caches(0, 60), 180);
  EXPECT_EQ(copies_for_cold_caches(1, std::int64_t{60} << 20), std::int64_t{180} << 20);
}

}  // namespace
}  // namespace coppice::kernels
