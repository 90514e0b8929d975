#pragma once
#include <cstdint>

namespace coppice::kernels {

/// In which order a launch on the host runs blocks (one after the other) and the threads of a block. Forward,
/// always the first thread that need not wait runs next, so that early warps are as far ahead of late ones as
/// barriers let them; in reverse the last. Shuffled, some warp is ahead for a while, then another, and their
/// lanes run in random order.
enum class Schedule { kForward, kReverse, kShuffled };
inline constexpr Schedule kSchedules[] = {Schedule::kForward, Schedule::kReverse, Schedule::kShuffled};

/// Launches run in this schedule until the scope ends (forward outside of any). The same seed gives the same
/// order.
class ScheduleScope {
 public:
  explicit ScheduleScope(Schedule schedule, std::uint64_t seed = 0);
  ~ScheduleScope();
  ScheduleScope(const ScheduleScope&) = delete;
  ScheduleScope& operator=(const ScheduleScope&) = delete;

 private:
  Schedule outer_schedule_;
  std::uint64_t outer_seed_;
};

}  // namespace coppice::kernels
