#include "cuda/convert_cases.h"
#include "kernels/cuda/on_host/schedule.h"

namespace coppice::kernels {
namespace {

using namespace convert_cases;

#ifdef COPPICE_RACES
constexpr int kCases = 60;
#else
constexpr int kCases = 400;
#endif

TEST(Convert, KeepsEveryBitInEverySchedule) {
  int straight = 0, turned = 0, one_block = 0, from_wide = 0, to_wide = 0, halos = 0, rounded = 0,
      widened = 0;
  int all = 0;
  std::uint32_t seed = 1;
  for (const Schedule schedule : kSchedules) {
    const ScheduleScope scope(schedule, seed);
    check_drawn(seed++, kCases, 32, [&](const ConvertCase& c, const ConvertPlan& plan) {
      ++all;
      (plan.straight ? straight : turned)++;
      one_block += plan.blocks == 1;
      from_wide += !plan.straight && plan.wide_read && !plan.wide_write;
      to_wide += !plan.straight && plan.wide_write && !plan.wide_read;
      halos += c.to.activations.layout.halo > 0;
      rounded += c.from.precision == Precision::kFp32 && c.to.precision == Precision::kBf16;
      widened += c.from.precision == Precision::kBf16 && c.to.precision == Precision::kFp32;
    });
  }
  EXPECT_EQ(all, 3 * kCases);
  for (const int met :
       {straight, turned, one_block, all - one_block, from_wide, to_wide, halos, rounded, widened})
    EXPECT_GT(met, all / 60);
}

TEST(Convert, WorksInBlocksOfEverySize) {
  for (const int threads : {64, 128, 256}) {
    check_drawn(static_cast<std::uint32_t>(threads), kCases / 20, threads,
                [&](const ConvertCase&, const ConvertPlan& plan) { EXPECT_EQ(plan.threads, threads); });
  }
}

/// Every pair of orders, element sizes and widths of access in turn: no kernel is left out.
TEST(Convert, ServesEveryPairOfLayoutsEveryVariant) { check_of_a_network(); }

TEST(Convert, RefusesBadArguments) {
  check_arguments();
  const StoredActivations a = {{2, 3, 4, 5, {}}, Precision::kFp32};
  for (const int threads : {0, 16, 48, 512})
    EXPECT_THROW(plan_conversion(a, a, true, true, threads), std::invalid_argument);
  const StoredActivations huge = {{1, 1, std::int64_t{1} << 31, 1 << 14, {Order::kPlain, 1}},
                                  Precision::kBf16};
  StoredActivations turned = huge;
  turned.activations.layout.halo = 0;
  EXPECT_THROW(plan_conversion(huge, turned, true, true), std::invalid_argument);
}

TEST(Convert, DoesNothingForAnEmptyBatch) {
  const StoredActivations none = {{0, 3, 4, 5, {}}, Precision::kFp32};
  DeviceBuffer memory(16);
  convert_activations(none, memory.data(), none, memory.data(), nullptr);
  EXPECT_EQ(plan_conversion(none, none, true, true).blocks, 0);
}

TEST(Convert, CountsBothSides) {
  const StoredActivations a = {{2, 3, 4, 5, {Order::kPlain, 1}}, Precision::kFp32};
  const StoredActivations b = {{2, 3, 4, 5, {Order::kImagesLast, 0}}, Precision::kBf16};
  EXPECT_EQ(conversion_bytes(a, b), 120 * 6);
  EXPECT_EQ(conversion_bytes(b, b), 120 * 4);
}

TEST(Convert, KnowsWhatLiesAlike) {
  const auto alike = [](const Activations& a, const Activations& b, Precision to = Precision::kTf32) {
    return lies_alike({a, Precision::kFp32}, {b, to});
  };
  const Layout plain = {Order::kPlain, 0}, last = {Order::kImagesLast, 0},
               channels = {Order::kChannelsLast, 0};
  EXPECT_TRUE(alike({3, 4, 5, 6, plain}, {3, 4, 5, 6, plain}));
  EXPECT_FALSE(alike({3, 4, 5, 6, plain}, {3, 4, 5, 6, plain}, Precision::kBf16));
  EXPECT_FALSE(alike({3, 4, 5, 6, plain}, {3, 4, 5, 6, {Order::kPlain, 1}}));
  EXPECT_FALSE(alike({3, 4, 5, 6, plain}, {3, 4, 5, 6, last}));
  EXPECT_TRUE(alike({1, 4, 5, 6, plain}, {1, 4, 5, 6, last}));
  EXPECT_TRUE(alike({3, 4, 1, 1, plain}, {3, 4, 1, 1, channels}));
  EXPECT_TRUE(alike({3, 1, 5, 6, {Order::kPlain, 2}}, {3, 1, 5, 6, {Order::kChannelsLast, 2}}));
}

TEST(Convert, JoinsAxesAndReadsWholeLines) {
  // Without halos channels, rows and columns are one axis; images are the other. Boxes are 64 x 64.
  const StoredActivations plain = {{64, 256, 14, 14, {Order::kPlain, 0}}, Precision::kBf16};
  const StoredActivations last = {{64, 256, 14, 14, {Order::kImagesLast, 0}}, Precision::kBf16};
  const ConvertPlan plan = plan_conversion(plain, last, true, true);
  EXPECT_FALSE(plan.straight);
  EXPECT_EQ(plan.problem.axes[0].size, 256 * 196);
  EXPECT_EQ(plan.problem.axes[0].bits, 6u);
  EXPECT_EQ(plan.problem.axes[plan.problem.write_axis].size, 64);
  EXPECT_EQ(plan.blocks, 4 * 196);
  EXPECT_TRUE(plan.wide_read && plan.wide_write);
  EXPECT_TRUE(plan_conversion(plain, last, false, true).wide_write);
  EXPECT_FALSE(plan_conversion(plain, last, false, true).wide_read);
  // With a halo on one side rows stay apart, and are no multiples of 16 bytes. A box has 16 columns (14 of
  // them are there), 4 rows and 64 images.
  StoredActivations padded = last;
  padded.activations.layout.halo = 1;
  const ConvertPlan rows = plan_conversion(plain, padded, true, true);
  EXPECT_EQ(rows.problem.axes[0].size, 14);
  EXPECT_EQ(rows.problem.axes[0].bits, 4u);
  EXPECT_EQ(rows.problem.axes[1].bits, 2u);
  EXPECT_EQ(rows.blocks, 4 * 256);
  EXPECT_FALSE(rows.wide_read);
  EXPECT_TRUE(rows.wide_write);
  // Three channels are covered whole, and a box is long the other way: 4 x 1024.
  const StoredActivations image = {{64, 3, 32, 32, {Order::kPlain, 0}}, Precision::kFp32};
  StoredActivations colours = image;
  colours.activations.layout.order = Order::kChannelsLast;
  const ConvertPlan entry = plan_conversion(image, colours, true, true);
  EXPECT_EQ(entry.problem.axes[entry.problem.write_axis].bits, 2u);
  EXPECT_EQ(entry.blocks, 64);
  // The same order and halo: one run, copied 16 bytes at a time.
  const ConvertPlan copy = plan_conversion(plain, plain, true, true);
  EXPECT_TRUE(copy.straight && copy.wide_read && copy.wide_write);
  EXPECT_EQ(copy.problem.axes[0].size, 64 * 256 * 196);
  EXPECT_EQ(copy.shared_bytes, 0);
}

}  // namespace
}  // namespace coppice::kernels
