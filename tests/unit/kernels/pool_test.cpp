#include "kernels/cpu/pool/pool.h"

#include <cmath>

#include "buffers.h"

namespace coppice::kernels {
namespace {

std::int64_t pooled(std::int64_t size, std::int64_t kernel, const Pool& pool) {
  return (size + 2 * pool.padding - kernel) / pool.stride + 1;
}

Activations output_of(const Pool& pool, const Activations& in, std::int64_t halo) {
  return {in.images,
          in.channels,
          pooled(in.height, pool.kernel_height, pool),
          pooled(in.width, pool.kernel_width, pool),
          {in.layout.order, halo}};
}

double expected(const Pool& pool, const Buffer& x, std::int64_t n, std::int64_t c, std::int64_t row,
                std::int64_t column) {
  const bool max = pool.kind == Pool::Kind::kMax;
  double value = max ? -INFINITY : 0;
  for (std::int64_t ky = 0; ky < pool.kernel_height; ++ky) {
    for (std::int64_t kx = 0; kx < pool.kernel_width; ++kx) {
      const std::int64_t r = row * pool.stride - pool.padding + ky,
                         s = column * pool.stride - pool.padding + kx;
      if (r < 0 || r >= x.shape().height || s < 0 || s >= x.shape().width) continue;
      const double v = x.at(n, c, r, s);
      value = !max ? value + v : std::isnan(v) || v > value ? v : value;
    }
  }
  if (!max) value /= static_cast<double>(pool.kernel_height * pool.kernel_width);
  return pool.relu && value < 0 ? 0 : value;
}

void check(const Pool& pool, const Activations& in, std::int64_t out_halo, int threads, Isa level) {
  const Activations out = output_of(pool, in, out_halo);
  Buffer x(in), y(out);
  x.randomise(3);
  kernels::pool(pool, in, x.data(), out, y.data(), threads, level);
  y.each([&](auto... at) {
    const double want = expected(pool, x, at...), got = y.at(at...);
    if (pool.kind == Pool::Kind::kMax ? got == want : std::abs(got - want) < 1e-6) return;
    ADD_FAILURE() << isa_name(level) << " " << order_name(in.layout.order) << " " << in.height << "x"
                  << in.width << " window " << pool.kernel_height << "x" << pool.kernel_width << " stride "
                  << pool.stride << " padding " << pool.padding << ": " << got << " for " << want;
  });
  y.check_surroundings();
}

std::vector<Pool> pools() {
  std::vector<Pool> all;
  for (const auto kind : {Pool::Kind::kMax, Pool::Kind::kAverage}) {
    for (const auto& [height, width] : {std::pair{1, 1}, {2, 2}, {3, 3}, {2, 3}, {5, 1}, {7, 7}}) {
      for (const std::int64_t stride : {1, 2, 3}) {
        for (std::int64_t padding = 0; padding <= std::min(height, width) / 2; ++padding) {
          all.push_back({kind, height, width, stride, padding, all.size() % 3 == 1});
        }
      }
    }
  }
  return all;
}

TEST(Pool, EveryWindowStridePaddingAndOrder) {
  for (const Isa level : levels()) {
    for (const Pool& pool : pools()) {
      for (const Order order : {Order::kPlain, Order::kLanes, Order::kChannelsLast}) {
        for (const auto& [height, width] : {std::pair{7, 7}, {9, 8}, {8, 38}, {7, 67}}) {
          check(pool, {order == Order::kLanes ? 18 : 2, 3, height, width, {order, height % 3}}, height % 2, 1,
                level);
        }
      }
    }
    ASSERT_FALSE(HasFailure());
  }
}

TEST(Pool, GlobalAverage) {
  for (const Isa level : levels()) {
    for (const std::int64_t side : {1, 2, 4, 8, 13, 40}) {
      for (const Order order : {Order::kPlain, Order::kLanes, Order::kChannelsLast}) {
        for (const std::int64_t halo : {0, 1}) {
          check({Pool::Kind::kAverage, side, side, side, 0, false}, {3, 21, side, side, {order, halo}}, halo,
                1, level);
        }
      }
    }
  }
}

TEST(Pool, Threads) {
  for (const int threads : {2, 3, 4}) {
    for (const Order order : {Order::kPlain, Order::kLanes, Order::kChannelsLast}) {
      check({Pool::Kind::kMax, 2, 2, 2, 0, true}, {5, 11, 27, 29, {order, 1}}, 1, threads, isa());
    }
  }
}

TEST(Pool, NotANumberAndMinusInfinityAsInPyTorch) {
  const float nan = std::nanf("");
  for (const Isa level : levels()) {
    for (const Order order : {Order::kPlain, Order::kLanes}) {
      for (std::int64_t where = 0; where < 4; ++where) {  // wherever in the window it stands
        const Activations in{1, 1, 2, 40, {order, 0}};
        for (const auto kind : {Pool::Kind::kMax, Pool::Kind::kAverage}) {
          const Pool pool{kind, 2, 2, 2, 0, true};
          const Activations out = output_of(pool, in, 0);
          Buffer x(in), y(out);
          x.randomise(1);
          for (std::int64_t c = 0; c < 40; c += 4) x.data()[in.offset(0, 0, where / 2, c + where % 2)] = nan;
          kernels::pool(pool, in, x.data(), out, y.data(), 1, level);
          for (std::int64_t c = 0; c < 20; ++c) EXPECT_EQ(std::isnan(y.at(0, 0, 0, c)), c % 2 == 0);
        }
      }
      const Activations in{1, 1, 3, 3, {order, 0}};
      const Pool pool{Pool::Kind::kMax, 3, 3, 1, 1, false};
      Buffer x(in, -INFINITY), y(output_of(pool, in, 0));
      kernels::pool(pool, in, x.data(), y.shape(), y.data(), 1, level);
      y.each([&](auto... at) { EXPECT_EQ(y.at(at...), -INFINITY); });
    }
  }
}

}  // namespace
}  // namespace coppice::kernels
