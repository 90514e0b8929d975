// Linear layers on the host, in every schedule.
#pragma once
#include <bit>
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "cuda/linear_cases.h"
#include "kernels/cuda/on_host/host_device.h"
#include "kernels/cuda/on_host/schedule.h"

namespace coppice::kernels {

inline std::vector<std::uint32_t> bits(const std::vector<float>& values) {
  std::vector<std::uint32_t> result;
  for (const float value : values) result.push_back(std::bit_cast<std::uint32_t>(value));
  return result;
}

/// Right, and the same bits in every schedule: from a copy, and once more from the same runner, since what a
/// run leaves behind must not show.
inline void check_in_every_schedule(const CudaRequest& request, CudaRunner& runner, const LinearData& data) {
  const std::vector<float> got = run_on(runner, request, data);
  ASSERT_NO_FATAL_FAILURE(expect_right(request, data, got, runner.variant()));
  const auto copy = runner.replicate();
  for (const Schedule schedule : {Schedule::kReverse, Schedule::kShuffled}) {
    const ScheduleScope scope(schedule, 7);
    CudaRunner& other = schedule == Schedule::kReverse ? *copy : runner;
    ASSERT_EQ(bits(run_on(other, request, data)), bits(got)) << runner.variant();
  }
}

/// Draws layers and tilings.
class LinearOnHost : public testing::Test {
 protected:
  explicit LinearOnHost(std::uint32_t seed) : random_(seed) {}

  std::int64_t up_to(std::int64_t most) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(most));
  }

  std::mt19937 random_;
  CudaDevice device_ = host_device();
};

}  // namespace coppice::kernels
