#include "cuda/epilogue_cases.h"
#include "kernels/cuda/devices.h"

namespace coppice::kernels {
namespace {

using namespace epilogue_cases;

/// Named for scripts/gpu.sh, which runs these under compute-sanitizer too.
class SanitizedEpilogue : public testing::Test {
 protected:
  void SetUp() override {
    std::string why;
    if (cuda_devices(&why).empty()) GTEST_SKIP() << "no device: " << why;
  }
};

TEST_F(SanitizedEpilogue, IsExact) { check_small_epilogues(1); }
TEST_F(SanitizedEpilogue, RefusesBadPointers) { check_epilogue_arguments(); }

class EpilogueOnDevice : public SanitizedEpilogue {};
TEST_F(EpilogueOnDevice, GoesRoundWhereTheGridIsTooSmall) { check_large_epilogue(); }

}  // namespace
}  // namespace coppice::kernels
