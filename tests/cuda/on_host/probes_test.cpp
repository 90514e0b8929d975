#include <functional>

#include "cuda/probe_cases.h"
#include "gtest/gtest.h"
#include "kernels/cuda/on_host/schedule.h"

namespace coppice::kernels {
namespace {

void in_every_schedule(const std::function<void()>& check) {
  for (const Schedule schedule : kSchedules) {
    const ScheduleScope scope(schedule, 1);
    check();
  }
}

TEST(Probes, ReadEveryWordInEveryPass) { in_every_schedule(check_read_probe); }
TEST(Probes, ReadSharedMemory) { in_every_schedule(check_shared_probes); }
TEST(Probes, Calculate) { in_every_schedule(check_arithmetic_probes); }
TEST(Probes, CountLaunches) { in_every_schedule(check_launch_probes); }
TEST(Probes, RefuseExtentsThatDoNotFit) { check_probe_arguments(); }

}  // namespace
}  // namespace coppice::kernels
