// What the probes of kernels/cuda/ceilings compute, worked out apart from them: for the host and the device.
#pragma once
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/cuda/ceilings/probes.h"
#include "kernels/cuda/memory.h"

namespace coppice::kernels {

/// What the probe added to 100.
template <class Probe>
std::uint32_t sum_of(Probe&& probe) {
  DeviceBuffer sum = on_device(std::vector<std::uint32_t>{100});
  probe(sum.as<std::uint32_t>());
  return on_host<std::uint32_t>(sum)[0] - 100;
}

inline void check_read_probe() {
  // 1 block of 32 threads reads 4 of 16 bytes at a time: lengths below, at and beyond whole rounds.
  for (const std::int64_t quads : {0, 1, 31, 128, 129, 640, 1000}) {
    for (const std::int64_t blocks : {1, 3}) {
      for (const int passes : {1, 4}) {
        std::vector<std::uint32_t> words(static_cast<std::size_t>(4 * quads));
        std::uint32_t expected = 0;
        for (std::size_t i = 0; i < words.size(); ++i) {
          words[i] = static_cast<std::uint32_t>(i * i + 7) * 2246822519u;
          expected += static_cast<std::uint32_t>(passes) * words[i];
        }
        const DeviceBuffer data = on_device(words);
        EXPECT_EQ(sum_of([&](std::uint32_t* sum) {
                    probe_read(data.data(), data.bytes(), passes, {blocks, 32}, sum, nullptr);
                  }),
                  expected)
            << quads << " x 16 bytes, " << blocks << " blocks, " << passes << " passes";
      }
    }
  }
}

inline void check_shared_probes() {
  const auto word = [](std::uint32_t i) { return i * 2654435761u; };
  for (const auto& [blocks, threads, steps] :
       {std::tuple<int, int, int>{1, 32, 4}, {2, 64, 8}, {2, 256, 12}}) {
    const ProbeGrid grid{blocks, threads};
    std::uint32_t gathered = 0, read = 0;
    for (int thread = 0; thread < blocks * threads; ++thread) {
      std::uint64_t state = 747796405u * static_cast<std::uint64_t>(thread + 1) % (std::uint64_t{1} << 32);
      for (int step = 0; step < steps; ++step) {
        state = (1664525u * state + 1013904223u) % (std::uint64_t{1} << 32);
        gathered += word(static_cast<std::uint32_t>(state / (1 << 20)));
        const auto first = static_cast<std::uint32_t>(4 * ((thread % threads + step * threads) % 1024));
        for (std::uint32_t i = 0; i < 4; ++i) read += word(first + i);
      }
    }
    EXPECT_EQ(sum_of([&](std::uint32_t* sum) { probe_gather_shared(steps, grid, sum, nullptr); }), gathered);
    EXPECT_EQ(sum_of([&](std::uint32_t* sum) { probe_read_shared(steps, grid, sum, nullptr); }), read);
  }
}

inline void check_arithmetic_probes() {
  // 64 threads of chains 0 .. 7 each, that begin with their number (28 together) and 8 times the lane's (496
  // in a warp). 5 steps of c * 1 + 2 add 10; 3 steps of c * 2 + 1 give 8 c + 7.
  EXPECT_EQ(sum_of([](std::uint32_t* sum) {
              probe_fma(5, 1, 2, {2, 32}, sum, nullptr);
            }),
            64u * 28 + 2 * 8 * 496 + 64 * 8 * 10);
  EXPECT_EQ(sum_of([](std::uint32_t* sum) {
              probe_fma(3, 2, 1, {1, 64}, sum, nullptr);
            }),
            8u * (64 * 28 + 2 * 8 * 496) + 64 * 8 * 7);

  // The sum over all elements of A B is the product of A's column sums and B's row sums.
  std::int64_t one_product = 0;
  for (int k = 0; k < 16; ++k) {
    std::int64_t column = 0, row = 0;
    for (int i = 0; i < 16; ++i) column += (3 * i + 5 * k) % 7 - 3;
    for (int j = 0; j < 8; ++j) row += (2 * k + 3 * j) % 5 - 2;
    one_product += column * row;
  }
  ASSERT_NE(one_product, 0);
  const std::int64_t warps = 4, steps = 3, tiles = 8;
  EXPECT_EQ(sum_of([](std::uint32_t* sum) {
              probe_mma(3, {2, 64}, sum, nullptr);
            }),
            static_cast<std::uint32_t>(warps * steps * tiles * one_product));
}

inline void check_launch_probes() {
  for (const bool overlap : {false, true}) {
    EXPECT_EQ(sum_of([&](std::uint32_t* sum) {
                for (int i = 0; i < 3; ++i) probe_launch(overlap, {3, 64}, sum, nullptr);
              }),
              3u);
  }
}

inline void check_probe_arguments() {
  DeviceBuffer sum(4), data(64);
  auto* const to = sum.as<std::uint32_t>();
  EXPECT_THROW(probe_read(data.data(), 40, 1, {1, 32}, to, nullptr), std::invalid_argument);
  EXPECT_THROW(probe_read(data.as<char>() + 4, 16, 1, {1, 32}, to, nullptr), std::invalid_argument);
  EXPECT_THROW(probe_read_shared(6, {1, 32}, to, nullptr), std::invalid_argument);
  EXPECT_THROW(probe_gather_shared(-4, {1, 32}, to, nullptr), std::invalid_argument);
  EXPECT_THROW(probe_fma(1, 1, 1, {1, 33}, to, nullptr), std::invalid_argument);
  EXPECT_THROW(probe_mma(1, {std::int64_t{1} << 31, 32}, to, nullptr), std::invalid_argument);
}

}  // namespace coppice::kernels
