#include "cuda/im2col_cases.h"
#include "kernels/cuda/devices.h"

namespace coppice::kernels {
namespace {

using namespace im2col_cases;

/// Named for scripts/gpu.sh, which runs these under compute-sanitizer too.
class SanitizedIm2col : public testing::Test {
 protected:
  void SetUp() override {
    std::string why;
    if (cuda_devices(&why).empty()) GTEST_SKIP() << "no device: " << why;
  }
};

TEST_F(SanitizedIm2col, IsItsDefinition) {
  check_drawn(1, 30, [](const LayerShape&, std::int64_t, Layout) {});
}
TEST_F(SanitizedIm2col, RefusesBadArguments) { check_arguments(); }

class Im2colOnDevice : public SanitizedIm2col {};
TEST_F(Im2colOnDevice, IsItsDefinitionOnLargeImages) {
  const LayerShape s = {.outputs = 1,
                        .channels = 16,
                        .height = 56,
                        .width = 56,
                        .kernel_height = 3,
                        .kernel_width = 3,
                        .padding = 1};
  for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
    EXPECT_TRUE(right(s, 16, precision, {Order::kImagesLast, 0}, true));
    EXPECT_TRUE(right(s, 2, precision, {Order::kPlain, 1}, true));
  }
}

}  // namespace
}  // namespace coppice::kernels
