// Launches that may begin before the previous ones have ended (programmatic dependent launch): what those
// wrote may be touched only after the wait, which every thread owes.
#include <vector>

#include "cuda/on_host/support.h"

namespace coppice::kernels {
namespace {

template <int fault>
__global__ void waiting_kernel() {
  let_next_launch_begin();
  if (fault == 1 || (fault == 2 && threadIdx.x == 63)) return;
  wait_for_previous_launch();
}

TEST(HostOverlap, EveryThreadWaits) {
  LaunchShape shape{.grid = 2, .block = 64};
  EXPECT_EQ(fault_of(shape, waiting_kernel<0>), "");
  EXPECT_EQ(fault_of(shape, waiting_kernel<1>), "");
  shape.overlap_previous = true;
  EXPECT_EQ(fault_of(shape, waiting_kernel<0>), "");
  const std::string never = fault_of(shape, waiting_kernel<1>), once = fault_of(shape, waiting_kernel<2>);
  EXPECT_NE(never.find("thread (0, 0, 0): ends without wait_for_previous"), std::string::npos) << never;
  EXPECT_NE(once.find("thread (63, 0, 0): ends without wait_for_previous"), std::string::npos) << once;
}

/// y = w x; the weights may be read while the previous launch still writes x.
template <bool fault>
__global__ void layer_kernel(const float* w, const float* x, float* y) {
  const float weight = w[threadIdx.x];
  float input = fault ? x[threadIdx.x] : 0;
  let_next_launch_begin();
  wait_for_previous_launch();
  if (!fault) input = x[threadIdx.x];
  y[threadIdx.x] = weight * input;
}

class HostOverlapDeathTest : public testing::Test {
 protected:
  void run(void (*kernel)(const float*, const float*, float*), const DeviceBuffer& in, DeviceBuffer& out,
           bool overlap = true) {
    launch({.grid = 1, .block = 37, .overlap_previous = overlap}, kernel, w.as<float>(), in.as<float>(),
           out.as<float>());
  }

  DeviceBuffer w = on_device(std::vector<float>(37, 2.0f)), x = on_device(std::vector<float>(37, 3.0f));
  DeviceBuffer y{37 * sizeof(float)}, z{37 * sizeof(float)};
};

TEST_F(HostOverlapDeathTest, ReadsOfWhatThePreviousLaunchWrote) {
  count_schedules([&] {
    y.fill(0xff);
    run(layer_kernel<false>, x, y);
    EXPECT_DEATH(run(layer_kernel<true>, y, z), "use-after-poison");
    run(layer_kernel<false>, y, z);
    EXPECT_EQ(on_host<float>(z), std::vector<float>(37, 12.0f));
    return true;
  });
}

/// The previous one let the next begin before it waited itself.
TEST_F(HostOverlapDeathTest, ReadsOfWhatTheLaunchBeforeThePreviousOneWrote) {
  run(layer_kernel<false>, x, y, false);
  run(layer_kernel<false>, x, z);
  EXPECT_DEATH(run(layer_kernel<true>, y, x), "use-after-poison");
}

TEST_F(HostOverlapDeathTest, ReadsOfWhatIsThere) {
  run(layer_kernel<true>, x, y);  // nobody wrote x
  y.download(nullptr, 0);         // the host waited
  run(layer_kernel<true>, y, z);
  run(layer_kernel<true>, z, y, false);  // this does not overlap with the one before,
  run(layer_kernel<true>, x, z);         // and nobody but it wrote since
  run(layer_kernel<true>, w, x);
  EXPECT_EQ(on_host<float>(y), std::vector<float>(37, 24.0f));
}

TEST_F(HostOverlapDeathTest, NothingStaysHiddenBehindALaunchThatFailed) {
  run(layer_kernel<false>, x, y);
  EXPECT_THROW(launch({.grid = 1, .block = 1, .overlap_previous = true}, waiting_kernel<1>), HostRunError);
  EXPECT_EQ(on_host<float>(y), std::vector<float>(37, 6.0f));
  {
    DeviceBuffer gone(8);
    run(layer_kernel<false>, x, z);
  }
  run(layer_kernel<false>, z, y);
  EXPECT_EQ(on_host<float>(y), std::vector<float>(37, 12.0f));
}

}  // namespace
}  // namespace coppice::kernels
