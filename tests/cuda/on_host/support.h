#pragma once
#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/memory.h"
#include "kernels/cuda/on_host/host_run_error.h"
#include "kernels/cuda/on_host/schedule.h"

namespace coppice::kernels {

inline constexpr unsigned kAllLanes = 0xffffffffu;

/// In how many of the schedules, shuffled with a few seeds, the check holds, of kSchedulesTried.
inline constexpr int kSchedulesTried = 6;
inline int count_schedules(const std::function<bool()>& holds) {
  int count = 0;
  for (const Schedule schedule : {Schedule::kForward, Schedule::kReverse}) {
    const ScheduleScope scope(schedule);
    count += holds();
  }
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const ScheduleScope scope(Schedule::kShuffled, seed);
    count += holds();
  }
  return count;
}

/// What is wrong in every schedule alike, as HostRunError says it; empty where nothing is.
inline std::string fault_of(const LaunchShape& shape, void (*kernel)()) {
  std::string fault;
  try {
    launch(shape, kernel);
  } catch (const HostRunError& error) {
    fault = error.what();
  }
  count_schedules([&] {
    EXPECT_EQ(fault.empty(), [&] {
      try {
        launch(shape, kernel);
      } catch (const HostRunError&) {
        return false;
      }
      return true;
    }());
    return true;
  });
  return fault;
}

}  // namespace coppice::kernels
