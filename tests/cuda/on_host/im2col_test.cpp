#include "cuda/im2col_cases.h"
#include "kernels/cuda/on_host/schedule.h"

namespace coppice::kernels {
namespace {

using namespace im2col_cases;

TEST(Im2col, IsItsDefinitionInEverySchedule) {
#ifdef COPPICE_RACES
  constexpr int kCases = 12;
#else
  constexpr int kCases = 180;
#endif
  int all = 0, wide = 0, strided = 0, padded = 0, dilated = 0, halos = 0, one_pixel = 0;
  std::uint32_t seed = 1;
  for (const Schedule schedule : kSchedules) {
    const ScheduleScope scope(schedule, seed);
    check_drawn(seed++, kCases, [&](const LayerShape& s, std::int64_t images, Layout in) {
      all += 2;  // precisions
      wide += in.order == Order::kImagesLast && images == 8;
      strided += s.stride > 1;
      padded += s.padding > 0;
      dilated += s.dilation > 1;
      halos += in.halo > 0;
      one_pixel += s.pixels() == 1;
    });
  }
  EXPECT_EQ(all, 6 * kCases);
  for (const int met : {wide, strided, padded, dilated, halos, one_pixel}) EXPECT_GE(met, kCases / 60);
}

TEST(Im2col, MayFillManyBlocks) {
  const LayerShape s = {.outputs = 1,
                        .channels = 2,
                        .height = 30,
                        .width = 31,
                        .kernel_height = 3,
                        .kernel_width = 3,
                        .padding = 1};
  EXPECT_TRUE(right(s, 3, Precision::kFp32, {Order::kPlain, 0}, false));
  EXPECT_TRUE(right(s, 8, Precision::kBf16, {Order::kImagesLast, 1}, false));
}

TEST(Im2col, RefusesBadArguments) { check_arguments(); }

}  // namespace
}  // namespace coppice::kernels
