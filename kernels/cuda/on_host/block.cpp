#include "kernels/cuda/on_host/block.h"

#include "kernels/cuda/on_host/device_memory.h"
#include "kernels/cuda/on_host/races.h"

namespace coppice::kernels::host_run {

Indices indices;

namespace {

Block* running_block = nullptr;

/// A thread that is chosen so often in a row waits for another that is never chosen, or nearly.
constexpr int kMostTurns = 1 << 20;

}  // namespace

Block::Block(const dim3& grid, const dim3& block, std::int64_t shared_bytes, bool must_wait_for_previous,
             const std::function<void()>& body, Order& order)
    : must_wait_for_previous_(must_wait_for_previous), body_(body), order_(order), shared_(shared_bytes) {
  if (running_block) throw HostRunError("launching from within a kernel");
  const unsigned count = block.x * block.y * block.z;
  threads_.resize(count);
  auto& stacks = fibers(count);
  for (unsigned i = 0; i < count; ++i) {
    threads_[i].number = static_cast<int>(i);
    threads_[i].index = {i % block.x, i / block.x % block.y, i / block.x / block.y};
    threads_[i].fiber = stacks[i].get();
  }
  warps_.resize((count + 31) / 32);
  indices.block_shape = block;
  indices.grid_shape = grid;
  running_block = this;
}

Block::~Block() { running_block = nullptr; }

Block& Block::running() {
  if (!running_block || !running_block->current_)
    throw HostRunError("a function of the device is called where no kernel runs");
  return *running_block;
}

void Block::join() const { happens_after(this); }

void Block::run(const uint3& index) {
  indices.block = index;
  start();
  const int count = static_cast<int>(threads_.size());
  try {
    while (ended_ < count && !error_) {
      const int next = order_.next(ready_);
      if (next < 0) fail_deadlocked();
      resume(threads_[static_cast<std::size_t>(next)]);
    }
  } catch (const HostRunError&) {
    error_ = std::current_exception();
  }
  if (!error_) return;
  stop();
  std::rethrow_exception(error_);
}

void Block::start() {
  shared_.reset();
  happens_before(&body_);
  ended_ = at_barrier_ = 0;
  ready_.clear();
  for (Warp& warp : warps_) warp = {};
  for (Thread& thread : threads_) {
    thread.state = Thread::State::kFresh;
    thread.waited_for_previous = false;
    thread.fiber->assign([](void* block) { static_cast<Block*>(block)->run_thread(); }, this);
    ready_.insert(thread.number);
    warps_[static_cast<std::size_t>(thread.number / 32)].lanes |= 1u << thread.number % 32;
  }
}

void Block::resume(Thread& thread) {
  turns_ = &thread == latest_ ? turns_ + 1 : 0;
  latest_ = &thread;
  current_ = &thread;
  indices.thread = thread.index;
  thread.state = Thread::State::kReady;
  thread.fiber->resume();
  current_ = nullptr;
}

/// Unwinds the threads that are in the middle of something, so that their fibers can serve again.
void Block::stop() {
  stopping_ = true;
  for (Thread& thread : threads_)
    if (thread.state == Thread::State::kReady || thread.state == Thread::State::kWaiting) resume(thread);
}

void Block::run_thread() {
  Thread& me = *current_;
  happens_after(&body_);  // what the host did; blocks are not ordered among themselves
  try {
    body_();
    check_end(me);
  } catch (const Stopped&) {
  } catch (...) {
    if (!error_) error_ = std::current_exception();
  }
  happens_before(this);
  me.state = Thread::State::kEnded;
  ready_.erase(me.number);
  warp().lanes &= ~(1u << me.number % 32);
  ++ended_;
}

void Block::check_end(const Thread& thread) const {
  if (!thread.copies.all_arrived())
    fail(thread.number, "ends with asynchronous copies under way that it has not waited for");
  if (must_wait_for_previous_ && !thread.waited_for_previous)
    fail(thread.number,
         "ends without wait_for_previous_launch(), in a launch that may overlap with the previous one");
}

void Block::suspend() {
  Fiber::suspend();
  if (stopping_) throw Stopped{};
}

void Block::yield() {
  if (turns_ > kMostTurns) fail("waits in a loop for what no other thread does");
  suspend();
}

void Block::wait(const char* what, const Site& site) {
  current_->state = Thread::State::kWaiting;
  current_->waits_at = what;
  current_->site = site;
  ready_.erase(current_->number);
  suspend();
}

void Block::wait_for_previous_launch() {
  current_->waited_for_previous = true;
  DeviceMemory::instance().wait_for_previous_launch();
}

void Block::release(int thread) {
  threads_[static_cast<std::size_t>(thread)].state = Thread::State::kReady;
  ready_.insert(thread);
}

}  // namespace coppice::kernels::host_run
