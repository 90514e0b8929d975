#include "cuda/convert_cases.h"
#include "kernels/cuda/devices.h"

namespace coppice::kernels {
namespace {

using namespace convert_cases;

/// Named for scripts/gpu.sh, which runs these under compute-sanitizer too.
class SanitizedConvert : public testing::Test {
 protected:
  void SetUp() override {
    std::string why;
    if (cuda_devices(&why).empty()) GTEST_SKIP() << "no device: " << why;
  }
};

TEST_F(SanitizedConvert, KeepsEveryBit) {
  check_drawn(1, 60, 32, [](const ConvertCase&, const ConvertPlan&) {});
}
TEST_F(SanitizedConvert, RefusesBadArguments) { check_arguments(); }

class ConvertOnDevice : public SanitizedConvert {};
TEST_F(ConvertOnDevice, KeepsEveryBitInBlocksOfEverySize) {
  for (const int threads : {32, 64, 128, 256}) {
    check_drawn(static_cast<std::uint32_t>(threads), 300, threads,
                [](const ConvertCase&, const ConvertPlan&) {});
  }
}
TEST_F(ConvertOnDevice, ServesEveryPairOfLayouts) { check_of_a_network(); }

TEST_F(ConvertOnDevice, ConvertsLargeBatches) {
  const Layout plain = {Order::kPlain, 0}, last = {Order::kImagesLast, 1},
               channels = {Order::kChannelsLast, 0};
  for (const auto& [in, out] : {std::pair{plain, last}, std::pair{last, plain}, std::pair{channels, last},
                                std::pair{last, channels}, std::pair{plain, channels}}) {
    const ConvertCase c = {{{64, 96, 28, 28, in}, Precision::kFp32},
                           {{64, 96, 28, 28, out}, Precision::kBf16}};
    EXPECT_TRUE(right(c, [&](const void* x, void* y) {
      convert_activations(c.from, x, c.to, y, nullptr, true);
    })) << text(c);
  }
}

}  // namespace
}  // namespace coppice::kernels
