#include "cuda/epilogue_cases.h"
#include "kernels/cuda/on_host/schedule.h"

namespace coppice::kernels {
namespace {

using namespace epilogue_cases;

TEST(Epilogue, IsExactInEverySchedule) {
  std::uint32_t seed = 1;
  for (const Schedule schedule : kSchedules) {
    const ScheduleScope scope(schedule, seed);
    check_small_epilogues(seed += 1000);
  }
}

TEST(Epilogue, GoesRoundWhereTheGridIsTooSmall) { check_large_epilogue(); }

TEST(Epilogue, RefusesBadPointers) { check_epilogue_arguments(); }

TEST(Epilogue, ChannelsAreWhereActivationsHaveThem) {
  for (const Order order : {Order::kPlain, Order::kChannelsLast, Order::kImagesLast}) {
    const Activations a = {3, 5, 4, 2, {order, 0}};
    const ChannelPlaces places = channel_places(a);
    ASSERT_EQ(places.elements(), a.floats());
    for (std::int64_t n = 0; n < 3; ++n) {
      for (std::int64_t c = 0; c < 5; ++c) {
        for (std::int64_t i = 0; i < 8; ++i) {
          EXPECT_EQ(a.offset(n, c, i / 2, i % 2) / places.inner % places.channels, c) << order_name(order);
        }
      }
    }
  }
  EXPECT_THROW(channel_places({1, 2, 3, 4, {Order::kLanes, 0}}), std::invalid_argument);
  EXPECT_THROW(channel_places({1, 2, 3, 4, {Order::kPlain, 1}}), std::invalid_argument);
}

}  // namespace
}  // namespace coppice::kernels
