// Faults planted in im2col: each must show.
#include "cuda/im2col_cases.h"
#include "kernels/cuda/device.cuh"
#include "kernels/cuda/on_host/host_run_error.h"
#include "kernels/cuda/on_host/schedule.h"

namespace planted_im2col {

namespace kernels = ::coppice::kernels;
bool no_wait = false;
void wait() {
  if (!no_wait) kernels::wait_for_previous_launch();
}

namespace coppice::kernels {
using namespace ::coppice::kernels;
}
#define wait_for_previous_launch() ::planted_im2col::wait()
#include "kernels/cuda/im2col/kernel.cuh"
#undef wait_for_previous_launch

}  // namespace planted_im2col

namespace coppice::kernels {
namespace {

using Problem = planted_im2col::coppice::kernels::Im2colProblem;

/// A problem of one channel, two images, stride 2, made by hand; what a change of it does.
class Im2colFaults : public testing::Test {
 protected:
  ~Im2colFaults() override { planted_im2col::no_wait = false; }

  template <class Change>
  int caught(const Change& change) {
    const LayerShape s = {.outputs = 1,
                          .channels = 1,
                          .height = 5,
                          .width = 6,
                          .kernel_height = 3,
                          .kernel_width = 2,
                          .stride = 2,
                          .padding = 1};
    const std::vector<std::int64_t> from = im2col_cases::sources(s, 2, {Order::kImagesLast, 1});
    std::vector<float> x(static_cast<std::size_t>(Activations{2, 1, 5, 6, {Order::kImagesLast, 1}}.floats()));
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i + 1);
    int schedules = 0;
    for (const Schedule schedule : kSchedules) {
      const ScheduleScope scope(schedule, 3);
      const DeviceBuffer input = on_device(x);
      DeviceBuffer matrix(static_cast<std::int64_t>(4 * from.size()));
      matrix.fill(0xcd);
      const Activations a = {2, 1, 5, 6, {Order::kImagesLast, 1}};
      Problem p = {.x = input.data(),
                   .matrix = matrix.data(),
                   .first = a.offset(0, 0, 0, 0),
                   .channel_step = 0,
                   .image_step = 1,
                   .row_step = 2 * a.pitch(),
                   .column_step = 2,
                   .columns = 2 * s.pixels(),
                   .column_blocks = 1,
                   .images = 2,
                   .pixels = static_cast<std::uint32_t>(s.pixels()),
                   .out_width = static_cast<std::uint32_t>(s.out_width()),
                   .height = 5,
                   .width = 6,
                   .kernel_height = 3,
                   .kernel_width = 2,
                   .stride = 2,
                   .padding = 1,
                   .dilation = 1,
                   .images_last = true};
      change(p);
      try {
        launch({.grid = 1, .block = 64, .overlap_previous = true},
               planted_im2col::coppice::kernels::im2col_kernel<float, float>, p);
        const std::vector<float> got = on_host<float>(matrix);
        bool wrong = false;
        for (std::size_t i = 0; i < from.size(); ++i) wrong = wrong || got[i] != static_cast<float>(from[i]);
        schedules += wrong;
      } catch (const HostRunError&) {
        ++schedules;
      }
    }
    return schedules;
  }
};

TEST_F(Im2colFaults, NoneWithoutOne) {
  EXPECT_EQ(caught([](Problem&) {}), 0);
}

TEST_F(Im2colFaults, TheWaitForTheLaunchBefore) {
  planted_im2col::no_wait = true;
  EXPECT_EQ(caught([](Problem&) {}), 3);
}

TEST_F(Im2colFaults, BordersAndNumbering) {
  EXPECT_EQ(caught([](Problem& p) { ++p.height; }), 3);  // the halo is read
  EXPECT_EQ(caught([](Problem& p) { --p.height; }), 3);
  EXPECT_EQ(caught([](Problem& p) { --p.width; }), 3);
  EXPECT_EQ(caught([](Problem& p) { p.padding = 0; }), 3);
  EXPECT_EQ(caught([](Problem& p) { p.images_last = false; }), 3);
  EXPECT_EQ(caught([](Problem& p) { --p.columns; }), 3);
}

}  // namespace
}  // namespace coppice::kernels
