// The block's barrier, and what is said where threads wait for ever.
#include <algorithm>

#include "kernels/cuda/on_host/block.h"
#include "kernels/cuda/on_host/races.h"

namespace coppice::kernels::host_run {

std::string text(const Site& site) {
  return std::string(site.file_name()) + ":" + std::to_string(site.line());
}

void Block::barrier(const Site& site) {
  if (at_barrier_ == 0) {
    first_at_barrier_ = current_;
  } else if (!same(first_at_barrier_->site, site)) {
    fail("__syncthreads at " + text(site) + ", but thread " + HostRunError::text(first_at_barrier_->index) +
         " waits in the one at " + text(first_at_barrier_->site));
  }
  const void* const meeting = &meetings_[barriers_passed_ % 2];
  happens_before(meeting);
  if (++at_barrier_ < static_cast<int>(threads_.size())) {
    wait("__syncthreads", site);
  } else {
    at_barrier_ = 0;
    ++barriers_passed_;
    for (const Thread& thread : threads_) release(thread.number);
    yield();
  }
  happens_after(meeting);
}

void Block::fail(int thread, const std::string& what) const {
  throw HostRunError(indices.block, threads_[static_cast<std::size_t>(thread)].index, what);
}

void Block::fail_deadlocked() const {
  struct Place {
    const Thread* first;
    int count;
  };
  std::vector<Place> places;
  const Thread* ended = nullptr;
  for (const Thread& thread : threads_) {
    if (thread.state == Thread::State::kEnded) {
      if (!ended) ended = &thread;
      continue;
    }
    const auto place = std::find_if(places.begin(), places.end(), [&](const Place& p) {
      return p.first->waits_at == thread.waits_at && same(p.first->site, thread.site);
    });
    if (place == places.end())
      places.push_back({&thread, 1});
    else
      ++place->count;
  }
  std::string what = "deadlock:";
  for (const Place& place : places)
    what += " " + std::to_string(place.count) + " threads, first " + HostRunError::text(place.first->index) +
            ", wait for ever in " + place.first->waits_at + " at " + text(place.first->site) + ";";
  what += " " + std::to_string(ended_) + " have ended";
  if (ended) what += ", first " + HostRunError::text(ended->index);
  fail(places.front().first->number, what);
}

}  // namespace coppice::kernels::host_run
