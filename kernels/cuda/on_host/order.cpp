#include "kernels/cuda/on_host/order.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>

namespace coppice::kernels {

namespace {

Schedule schedule_in_force = Schedule::kForward;
std::uint64_t seed_in_force = 0;

}  // namespace

ScheduleScope::ScheduleScope(Schedule schedule, std::uint64_t seed)
    : outer_schedule_(std::exchange(schedule_in_force, schedule)),
      outer_seed_(std::exchange(seed_in_force, seed)) {}

ScheduleScope::~ScheduleScope() {
  schedule_in_force = outer_schedule_;
  seed_in_force = outer_seed_;
}

namespace host_run {

Order::Order() : schedule_(schedule_in_force), state_(seed_in_force) {}

std::uint64_t Order::below(std::uint64_t limit) {  // splitmix64
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return (z ^ (z >> 31)) % limit;
}

std::vector<std::int64_t> Order::blocks(std::int64_t count) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  if (schedule_ == Schedule::kReverse) std::reverse(order.begin(), order.end());
  if (schedule_ == Schedule::kShuffled)
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[below(i)]);
  return order;
}

int Order::next(const ReadySet& ready) {
  switch (schedule_) {
    case Schedule::kForward:
      for (int w = 0; w < ReadySet::kWarps; ++w)
        if (ready.warp(w)) return 32 * w + std::countr_zero(ready.warp(w));
      return -1;
    case Schedule::kReverse:
      for (int w = ReadySet::kWarps - 1; w >= 0; --w)
        if (ready.warp(w)) return 32 * w + 31 - std::countl_zero(ready.warp(w));
      return -1;
    case Schedule::kShuffled: return next_shuffled(ready);
  }
  return -1;
}

int Order::next_shuffled(const ReadySet& ready) {
  if (turns_left_-- <= 0 || !ready.warp(warp_)) {
    const int from = static_cast<int>(below(ReadySet::kWarps));
    int step = 0;
    while (step < ReadySet::kWarps && !ready.warp((from + step) % ReadySet::kWarps)) ++step;
    if (step == ReadySet::kWarps) return -1;
    warp_ = (from + step) % ReadySet::kWarps;
    turns_left_ = static_cast<int>(below(512));
  }
  std::uint32_t lanes = ready.warp(warp_);
  for (auto skip = below(static_cast<std::uint64_t>(std::popcount(lanes))); skip > 0; --skip)
    lanes &= lanes - 1;
  return 32 * warp_ + std::countr_zero(lanes);
}

}  // namespace host_run

}  // namespace coppice::kernels
