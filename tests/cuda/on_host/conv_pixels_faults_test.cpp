// Faults planted in the convolution of few images: each must show.
#include "cuda/conv_cases.h"
#include "cuda/conv_pixels_planted.h"
#include "kernels/cuda/conv_pixels/on_device.h"

namespace coppice::kernels {
namespace {

/// With so many stages, and splits.
class ConvPixelsFaults : public testing::TestWithParam<std::pair<int, int>> {
 protected:
  ConvPixelsFaults() : layer_(conv_layer({7, 12, 6, 6, 3, 3, 1, 1, 1})) {
    std::mt19937 random(2);
    fill_rows(layer_, Rows::kFull, 1, Precision::kFp32, random);  // so that all warps have work
    give_bias(layer_, random);
    data_ = draw_conv_data(request_, random);
    // Two blocks of rows, four tiles, six chunks; two warps, since one cannot overtake itself.
    const ConvPixelsTiling tiling{3, 4, 2, 2, 2, GetParam().first, GetParam().second};
    on_device_ = std::make_unique<ConvPixelsOnDevice>(
        request_, pack_conv_pixels(layer_.shape, layer_.weights, Precision::kFp32, tiling));
  }
  ~ConvPixelsFaults() override { conv_pixels_planted::faults = {}; }

  /// The schedules in which the result is wrong or the harness objects.
  int caught() {
    int schedules = 0;
    for (const Schedule schedule : kSchedules) {
      const ScheduleScope scope(schedule, 3);
      try {
        const LinearResult result =
            result_of(request_, data_, [&](const void* x, const void* residual, void* y) {
              const ConvPixelsLaunch with = on_device_->launch(true, nullptr);
              LaunchShape shape;
              shape.grid =
                  dim3(static_cast<unsigned>(with.tiles), static_cast<unsigned>(on_device_->tiling().splits),
                       static_cast<unsigned>(with.row_blocks));
              shape.block = dim3(static_cast<unsigned>(32 * on_device_->tiling().warps));
              shape.shared_bytes = with.shared_bytes;
              shape.overlap_previous = true;
              launch(shape, conv_pixels_planted::coppice::kernels::conv_pixels_kernel<float, 1>,
                     on_device_->problem(x, residual, y));
            });
        schedules += result.beyond || count_wrong(request_, data_, result.y) > 0;
      } catch (const HostRunError&) {
        ++schedules;
      }
    }
    return schedules;
  }

  Layer layer_;
  CudaDevice device_ = host_device();
  CudaRequest request_{layer_, 1, Precision::kFp32, {}, {}, device_};
  LinearData data_;
  std::unique_ptr<ConvPixelsOnDevice> on_device_;
};

TEST_P(ConvPixelsFaults, NoneWithoutOne) { EXPECT_EQ(caught(), 0); }

TEST_P(ConvPixelsFaults, EachBarrier) {
  conv_pixels_planted::barrier_lines.clear();
  caught();
  const std::set<unsigned> lines = conv_pixels_planted::barrier_lines.all();
  const bool split = GetParam().second > 1;
  EXPECT_EQ(lines.size(), split ? 5u : 2u)
      << "once a chunk, and when all sums are there; around the count of splits and behind their sums";
  int missed = 0;
  for (const unsigned line : lines) {
    conv_pixels_planted::faults.barrier_line = line;
    missed += caught() == 0;
  }
  EXPECT_LE(missed, split ? 1 : 0) << "before the count, which shows where blocks run side by side, and to "
                                      "ThreadSanitizer";
}

TEST_P(ConvPixelsFaults, CopiesThatAreNotWaitedFor) {
  conv_pixels_planted::faults.groups = 1;
  EXPECT_EQ(caught(), 3);
}

TEST_P(ConvPixelsFaults, PatchesOfTheChannelBefore) {
  conv_pixels_planted::faults.channels_earlier = 1;
  EXPECT_EQ(caught(), 3);
}

TEST_P(ConvPixelsFaults, AColumnTooFewOfPadding) {
  conv_pixels_planted::faults.columns = 1;
  EXPECT_EQ(caught(), 3);
}

TEST_P(ConvPixelsFaults, NoPadding) {
  conv_pixels_planted::faults.no_padding = true;
  EXPECT_EQ(caught(), 3);
}

TEST_P(ConvPixelsFaults, EntriesThatAreNotBrought) {
  conv_pixels_planted::faults.first_entries_alone = true;
  EXPECT_EQ(caught(), 3);
}

TEST_P(ConvPixelsFaults, StoresOnePixelOff) {
  conv_pixels_planted::faults.pixel = 1;
  EXPECT_EQ(caught(), 3);
}

TEST_P(ConvPixelsFaults, StoresOneRowOff) {
  conv_pixels_planted::faults.slot = 1;
  EXPECT_EQ(caught(), 3);
}

TEST_P(ConvPixelsFaults, RowsOfAnotherBlock) {
  conv_pixels_planted::faults.first_rows = true;
  EXPECT_EQ(caught(), 3);
}

TEST_P(ConvPixelsFaults, ABlockThatIsNotTheLastTakesItselfForIt) {
  if (GetParam().second == 1) return;  // nothing is counted
  conv_pixels_planted::faults.turns = 1;
  EXPECT_GT(caught(), 0) << "at least in the first launch: later ones find what it has left";
}

TEST_P(ConvPixelsFaults, XReadBeforeTheLaunchThatWritesIt) {
  conv_pixels_planted::faults.no_wait = true;
  EXPECT_EQ(caught(), 3);
}

INSTANTIATE_TEST_SUITE_P(Stages, ConvPixelsFaults,
                         testing::Values(std::pair{2, 1}, std::pair{3, 1}, std::pair{2, 3}, std::pair{1, 6}));

}  // namespace
}  // namespace coppice::kernels
