#include "kernels/cpu/pointwise/pointwise.h"

#include <cmath>

#include "buffers.h"

namespace coppice::kernels {
namespace {

constexpr Order kOrders[] = {Order::kPlain, Order::kLanes, Order::kChannelsLast};

Buffer random_buffer(Activations shape, std::int64_t halo, std::uint32_t seed) {
  shape.layout.halo = halo;
  Buffer buffer(shape);
  buffer.randomise(seed);
  return buffer;
}

void check_add(const Activations& out, std::vector<std::int64_t> halos, bool relu, int threads, Isa level) {
  std::vector<Buffer> x;
  std::vector<Operand> inputs;
  for (const std::int64_t halo : halos) {
    x.push_back(random_buffer(out, halo, static_cast<std::uint32_t>(x.size())));
    inputs.push_back({x.back().data(), halo});
  }
  Buffer y(out);
  add(inputs, relu, out, y.data(), threads, level);
  std::int64_t wrong = 0;
  y.each([&](auto... at) {
    float sum = x[0].at(at...);
    for (std::size_t i = 1; i < x.size(); ++i) sum += x[i].at(at...);
    wrong += y.at(at...) != (relu && sum < 0 ? 0 : sum);
  });
  EXPECT_EQ(wrong, 0) << isa_name(level) << " " << order_name(out.layout.order) << " " << halos.size();
  y.check_surroundings();
}

void check_affine(const Activations& out, std::int64_t halo, bool relu, int threads, Isa level) {
  const Buffer x = random_buffer(out, halo, 1);
  std::vector<float> scale, shift;  // exactly as long as they must be
  for (std::int64_t c = 0; c < out.channels; ++c) {
    scale.push_back(0.5f + static_cast<float>(c));
    shift.push_back(-0.1f * static_cast<float>(c));
  }
  Buffer y(out);
  affine({x.data(), halo}, scale.data(), shift.data(), relu, out, y.data(), threads, level);
  double worst = 0;
  y.each([&](std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
    const double value = static_cast<double>(scale[c]) * x.at(n, c, h, w) + shift[c];
    const double want = relu && value < 0 ? 0 : value;
    worst = std::max(worst, std::abs(y.at(n, c, h, w) - want) / (1 + std::abs(scale[c])));
  });
  EXPECT_LT(worst, 2e-7) << isa_name(level) << " " << order_name(out.layout.order);
  y.check_surroundings();
}

TEST(Pointwise, EveryOrderHaloAndSize) {
  for (const Isa level : levels()) {
    for (const Order order : kOrders) {
      for (const std::int64_t halo : {0, 1, 2}) {
        for (const Activations& shape :
             {Activations{1, 1, 1, 1}, {3, 37, 1, 1}, {17, 5, 3, 7}, {2, 3, 8, 33}}) {
          Activations out = shape;
          out.layout = {order, halo};
          for (const bool relu : {false, true}) {
            for (const std::vector<std::int64_t>& halos :
                 {std::vector<std::int64_t>{0}, {halo}, {halo, halo}, {0, 1}, {2, 0, 1}, {0, 0, 0, 0}}) {
              check_add(out, halos, relu, 1, level);
            }
            for (const std::int64_t in : {0, 1}) check_affine(out, in, relu, 1, level);
          }
        }
      }
    }
  }
}

TEST(Pointwise, Threads) {
  for (const int threads : {2, 3, 4}) {
    for (const Order order : kOrders) {
      for (const std::int64_t halo : {0, 1}) {
        check_add({7, 13, 21, 23, {order, halo}}, {halo, 0}, true, threads, isa());
        check_affine({7, 13, 21, 23, {order, halo}}, halo, true, threads, isa());
      }
    }
  }
}

TEST(Pointwise, InPlace) {
  for (const Isa level : levels()) {
    const Activations shape{2, 3, 4, 5, {Order::kPlain, 1}};
    const Buffer a = random_buffer(shape, 1, 1), b = random_buffer(shape, 1, 2);
    Buffer first = random_buffer(shape, 1, 1), second = random_buffer(shape, 1, 2);
    add(std::vector<Operand>{{first.data(), 1}, {b.data(), 1}}, false, shape, first.data(), 1, level);
    add(std::vector<Operand>{{a.data(), 1}, {second.data(), 1}}, false, shape, second.data(), 1, level);
    first.each([&](auto... at) {
      EXPECT_EQ(first.at(at...), a.at(at...) + b.at(at...));
      EXPECT_EQ(second.at(at...), a.at(at...) + b.at(at...));
    });
  }
}

TEST(Pointwise, NotANumberPassesAReLU) {
  for (const Isa level : levels()) {
    for (const Order order : kOrders) {
      Buffer x({1, 1, 1, 37, {order, 0}}, -1), y(x.shape());
      x.data()[x.shape().offset(0, 0, 0, 5)] = x.data()[x.shape().offset(0, 0, 0, 36)] = std::nanf("");
      const float one = 1, zero = 0;
      const Operand input{x.data(), 0};
      for (const bool adding : {true, false}) {
        if (adding) add({&input, 1}, true, y.shape(), y.data(), 1, level);
        if (!adding) affine(input, &one, &zero, true, y.shape(), y.data(), 1, level);
        for (std::int64_t w = 0; w < 37; ++w) {
          if (w == 5 || w == 36) {
            EXPECT_TRUE(std::isnan(y.at(0, 0, 0, w)));
          } else {
            EXPECT_EQ(y.at(0, 0, 0, w), 0);
          }
        }
      }
    }
  }
}

TEST(Pointwise, NothingToDo) {
  const Operand none;
  add({&none, 1}, true, {0, 3, 4, 4, {}}, nullptr);
  affine(none, nullptr, nullptr, true, {1, 0, 4, 4, {}}, nullptr);
}

}  // namespace
}  // namespace coppice::kernels
