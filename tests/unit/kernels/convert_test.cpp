#include "kernels/cpu/convert/convert.h"

#include <cmath>

#include "buffers.h"

namespace coppice::kernels {
namespace {

constexpr Order kOrders[] = {Order::kPlain, Order::kLanes, Order::kChannelsLast};

void check(const Activations& shape, Layout in, Layout out, int threads, Isa level) {
  Activations from = shape, to = shape;
  from.layout = in;
  to.layout = out;
  Buffer x(from), y(to, 77);
  x.randomise(5);
  convert(from, x.data(), to, y.data(), threads, level);
  const auto what = [&] {
    return std::string(isa_name(level)) + " " + std::to_string(shape.images) + "x" +
           std::to_string(shape.channels) + "x" + std::to_string(shape.height) + "x" +
           std::to_string(shape.width) + " " + order_name(in.order) + std::to_string(in.halo) + " to " +
           order_name(out.order) + std::to_string(out.halo);
  };
  std::int64_t wrong = 0;
  y.each([&](auto... at) { wrong += y.at(at...) != x.at(at...); });
  ASSERT_EQ(wrong, 0) << what();
  if (out.order == Order::kLanes) {
    Activations all = to;
    all.images = to.blocks() * kLanes;
    for (std::int64_t n = to.images; n < all.images; ++n) {
      for (std::int64_t i = 0; i < to.channels * to.height * to.width; ++i) {
        const std::int64_t pixel = i % (to.height * to.width);
        ASSERT_EQ(y.data()[all.offset(n, i / (to.height * to.width), pixel / to.width, pixel % to.width)], 0)
            << what();
      }
    }
  }
  y.check_surroundings(77);
}

void check_all_pairs(const Activations& shape, int threads, Isa level) {
  for (const Order in : kOrders) {
    for (const Order out : kOrders) {
      for (const std::int64_t in_halo : {0, 1}) {
        for (const std::int64_t out_halo : {0, 1, 3}) {
          check(shape, {in, in_halo}, {out, out_halo}, threads, level);
          if (testing::Test::HasFatalFailure()) return;
        }
      }
    }
  }
}

TEST(Convert, EveryPairOfLayoutsBitForBit) {
  for (const Isa level : levels()) {
    for (const std::int64_t images : {1, 2, 3, 8, 15, 16, 17, 31, 33, 40}) {
      for (const Activations& shape : {Activations{images, 1, 1, 1},
                                       {images, 37, 1, 1},
                                       {images, 3, 5, 7},
                                       {images, 5, 1, 19},
                                       {images, 4, 6, 1},
                                       {images, 17, 2, 2}}) {
        ASSERT_NO_FATAL_FAILURE(check_all_pairs(shape, 1, level));
      }
    }
  }
}

TEST(Convert, EveryNumberOfImages) {
  for (std::int64_t images = 1; images <= 40; ++images) {
    ASSERT_NO_FATAL_FAILURE(check_all_pairs({images, 3, 2, 5}, 1, isa()));
  }
}

TEST(Convert, ManyThreads) {
  for (const int threads : {2, 3}) {
    for (const Activations& shape :
         {Activations{3, 40, 18, 17}, {35, 1100, 1, 1}, {1, 70, 22, 22}, {18, 3, 25, 26}}) {
      ASSERT_NO_FATAL_FAILURE(check_all_pairs(shape, threads, isa()));
    }
  }
}

TEST(Convert, NotANumberInfinityAndMinusZeroAreKept) {
  for (const Isa level : levels()) {
    Activations from{2, 1, 1, 19}, to = from;
    to.layout = {Order::kLanes, 0};
    Buffer x(from), y(to), z(from);
    x.randomise(1);
    x.data()[3] = -0.0f;
    x.data()[20] = std::numeric_limits<float>::infinity();
    x.data()[30] = std::nanf("5");
    convert(from, x.data(), to, y.data(), 1, level);
    convert(to, y.data(), from, z.data(), 1, level);
    EXPECT_EQ(0, std::memcmp(x.data(), z.data(), 38 * sizeof(float)));
  }
}

TEST(Convert, NothingToDo) {
  convert({0, 3, 4, 4, {}}, nullptr, {0, 3, 4, 4, {Order::kLanes, 1}}, nullptr);
  convert({2, 0, 4, 4, {}}, nullptr, {2, 0, 4, 4, {Order::kLanes, 1}}, nullptr);
}

}  // namespace
}  // namespace coppice::kernels
