// Conversions drawn at random, and what they must give: the very bits that Activations::offset() says.
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/cuda/bf16.h"
#include "kernels/cuda/convert/problem.h"
#include "kernels/cuda/memory.h"

namespace coppice::kernels::convert_cases {

struct ConvertCase {
  StoredActivations from, to;
  /// Elements by which the source and the destination begin behind an aligned address.
  std::int64_t x_shift = 0, y_shift = 0;
};

inline std::string text(const ConvertCase& c) {
  const auto side = [](const StoredActivations& s, std::int64_t shift) {
    return std::string(order_name(s.activations.layout.order)) + " " + precision_name(s.precision) +
           " halo " + std::to_string(s.activations.layout.halo) + " shift " + std::to_string(shift);
  };
  const Activations& a = c.from.activations;
  return std::to_string(a.images) + "x" + std::to_string(a.channels) + "x" + std::to_string(a.height) + "x" +
         std::to_string(a.width) + ", " + side(c.from, c.x_shift) + " to " + side(c.to, c.y_shift);
}

/// Small: often one image, channel, row or column, often a multiple of a vector.
inline ConvertCase draw_case(std::mt19937& random) {
  const auto up_to = [&](std::int64_t most) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most));
  };
  const auto size = [&](std::int64_t most) {
    switch (up_to(4)) {
      case 0: return std::int64_t{1};
      case 1: return 8 * (1 + up_to(most / 8));
      default: return 1 + up_to(most);
    }
  };
  constexpr Order kOrders[] = {Order::kPlain, Order::kChannelsLast, Order::kImagesLast};
  ConvertCase c;
  c.from.activations = {size(40), size(40), size(12), size(12), {}};
  if (c.from.activations.floats() > 6000) c.from.activations.height = c.from.activations.width = 1;
  c.to = c.from;
  for (StoredActivations* side : {&c.from, &c.to}) {
    side->activations.layout = {kOrders[up_to(3)], up_to(2) * up_to(5)};
    side->precision = up_to(2) ? Precision::kFp32 : Precision::kBf16;
  }
  if (up_to(4) == 0) c.x_shift = 1 + up_to(7);
  if (up_to(4) == 0) c.y_shift = 1 + up_to(7);
  return c;
}

/// Any bits, NaNs of all kinds among them.
inline std::uint32_t element(std::uint32_t i, Precision precision) {
  std::uint32_t bits = (i + 1) * 0x9e3779b9u;
  bits ^= bits >> 15;
  if (i % 61 == 0) bits |= 0x7f800000u;
  return precision == Precision::kBf16 ? bits >> 16 : bits;
}

inline std::uint32_t expected(std::uint32_t bits, Precision from, Precision to) {
  const bool from_half = from == Precision::kBf16, to_half = to == Precision::kBf16;
  if (from_half == to_half) return bits;
  return from_half ? bits << 16 : to_bf16(std::bit_cast<float>(bits));
}

class Elements {
 public:
  Elements(const StoredActivations& s, std::int64_t shift, unsigned char around)
      : bytes_(static_cast<std::size_t>(element_bytes(s.precision))),
        first_(static_cast<std::size_t>(shift) * bytes_),
        memory_(first_ + static_cast<std::size_t>(s.activations.floats()) * bytes_, around) {}

  std::size_t bytes() const { return bytes_; }
  std::size_t first() const { return first_; }
  std::vector<unsigned char>& memory() { return memory_; }
  void set(std::int64_t index, std::uint32_t bits) { std::memcpy(place(index), &bits, bytes_); }

 private:
  unsigned char* place(std::int64_t index) {
    return memory_.data() + first_ + static_cast<std::size_t>(index) * bytes_;
  }
  std::size_t bytes_, first_;
  std::vector<unsigned char> memory_;
};

using Convert = std::function<void(const void* x, void* y)>;

/// Whether all bytes of the destination's memory, the halo and what is around it too, are as they must be.
inline bool right(const ConvertCase& c, const Convert& convert) {
  Elements x(c.from, c.x_shift, 0xab), y(c.to, c.y_shift, 0xcd);
  const Activations &from = c.from.activations, &to = c.to.activations;
  std::uint32_t next = 0;
  for (std::int64_t n = 0; n < from.images; ++n) {
    for (std::int64_t ch = 0; ch < from.channels; ++ch) {
      for (std::int64_t row = 0; row < from.height; ++row) {
        for (std::int64_t column = 0; column < from.width; ++column) {
          const std::uint32_t bits = element(next++, c.from.precision);
          x.set(from.offset(n, ch, row, column), bits);
          y.set(to.offset(n, ch, row, column), expected(bits, c.from.precision, c.to.precision));
        }
      }
    }
  }
  DeviceBuffer source = on_device(x.memory());
  DeviceBuffer destination(static_cast<std::int64_t>(y.memory().size()));
  destination.fill(0xcd);
  convert(source.as<unsigned char>() + x.first(), destination.as<unsigned char>() + y.first());
  return on_host<unsigned char>(destination) == y.memory();
}

inline bool aligned(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer) % 16 == 0; }

/// As convert_activations(), in blocks of so many threads.
inline ConvertPlan convert_with(const ConvertCase& c, int threads, const void* x, void* y, bool overlap) {
  const ConvertPlan plan = plan_conversion(c.from, c.to, aligned(x), aligned(y), threads);
  launch_conversion(plan, c.from.precision, x, c.to.precision, y, nullptr, overlap);
  return plan;
}

/// So many drawn ones; `use` sees how each was done.
template <class Use>
void check_drawn(std::uint32_t seed, int cases, int threads, const Use& use) {
  std::mt19937 random(seed);
  for (int i = 0; i < cases; ++i) {
    const ConvertCase c = draw_case(random);
    const bool overlap = random() % 2 == 0;
    ASSERT_TRUE(right(c, [&](const void* x, void* y) { use(c, convert_with(c, threads, x, y, overlap)); }))
        << text(c);
  }
}

/// Of sizes that networks have, by convert_activations() itself.
inline void check_of_a_network() {
  const Layout layouts[] = {{Order::kPlain, 0},
                            {Order::kChannelsLast, 0},
                            {Order::kImagesLast, 0},
                            {Order::kPlain, 1},
                            {Order::kImagesLast, 1}};
  for (const Layout in : layouts) {
    for (const Layout out : layouts) {
      for (const auto& [a, b] :
           {std::pair{Precision::kFp32, Precision::kFp32}, std::pair{Precision::kFp32, Precision::kBf16},
            std::pair{Precision::kBf16, Precision::kFp32}}) {
        const ConvertCase c = {{{16, 24, 7, 7, in}, a}, {{16, 24, 7, 7, out}, b}};
        ASSERT_TRUE(right(c, [&](const void* x, void* y) {
          convert_activations(c.from, x, c.to, y, nullptr);
        })) << text(c);
      }
    }
  }
}

inline void check_arguments() {
  const StoredActivations a = {{2, 3, 4, 5, {}}, Precision::kFp32};
  DeviceBuffer x(480), y(480);
  const auto convert = [&](const StoredActivations& to, const void* from, void* into) {
    convert_activations(a, from, to, into, nullptr);
  };
  EXPECT_THROW(convert(a, nullptr, y.data()), std::invalid_argument);
  EXPECT_THROW(convert(a, x.data(), nullptr), std::invalid_argument);
  EXPECT_THROW(convert(a, x.as<unsigned char>() + 2, y.data()), std::invalid_argument);
  EXPECT_THROW(convert({{2, 3, 5, 4, {}}, Precision::kFp32}, x.data(), y.data()), std::invalid_argument);
  EXPECT_THROW(convert({{2, 3, 4, 5, {Order::kLanes, 0}}, Precision::kFp32}, x.data(), y.data()),
               std::invalid_argument);
  EXPECT_THROW(convert({{2, 3, 4, 5, {Order::kPlain, -1}}, Precision::kFp32}, x.data(), y.data()),
               std::invalid_argument);
}

}  // namespace coppice::kernels::convert_cases
