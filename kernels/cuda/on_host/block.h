#pragma once
#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include "kernels/cuda/on_host/async.h"
#include "kernels/cuda/on_host/fiber.h"
#include "kernels/cuda/on_host/host_run_error.h"
#include "kernels/cuda/on_host/order.h"
#include "kernels/cuda/on_host/shared_memory.h"
#include "kernels/cuda/on_host/warp.h"

namespace coppice::kernels::host_run {

/// What threadIdx, blockIdx, blockDim and gridDim refer to: of the thread that runs.
struct Indices {
  uint3 thread{}, block{};
  dim3 block_shape, grid_shape;
};
extern Indices indices;

struct Thread {
  enum class State { kFresh, kReady, kWaiting, kEnded };

  State state = State::kFresh;
  int number = 0;
  uint3 index{};
  Fiber* fiber = nullptr;
  const char* waits_at = "";  ///< The function, where it waits,
  Site site;                  ///< and where that is called.
  AsyncCopies copies;
  bool waited_for_previous = false;
};

/// Runs one block of a launch after the other: its threads as fibers, in the order of the schedule.
class Block {
 public:
  /// `body` is the kernel with its arguments.
  Block(const dim3& grid, const dim3& block, std::int64_t shared_bytes, bool must_wait_for_previous,
        const std::function<void()>& body, Order& order);
  ~Block();
  /// Of the launch whose blocks this runs, on the host's side: all of it has happened.
  void join() const;
  /// Throws what a thread threw, HostRunError where the block's threads wait for ever.
  void run(const uint3& index);

  // For what threads call.
  static Block& running();  ///< Throws HostRunError where no kernel runs.
  Thread& thread() { return *current_; }
  SharedMemory& shared() { return shared_; }
  Warp& warp() { return warps_[static_cast<std::size_t>(current_->number / 32)]; }
  void barrier(const Site& site);
  void wait(const char* what, const Site& site);  ///< Until somebody releases the thread that runs.
  void release(int thread);
  void yield();  ///< Goes on when the schedule chooses the thread again.
  void wait_for_previous_launch();
  [[noreturn]] void fail(int thread, const std::string& what) const;
  [[noreturn]] void fail(const std::string& what) const { fail(current_->number, what); }

 private:
  struct Stopped {};
  void start();
  void resume(Thread& thread);
  void stop();
  void run_thread();
  void suspend();
  void check_end(const Thread& thread) const;
  [[noreturn]] void fail_deadlocked() const;

  const bool must_wait_for_previous_;
  const std::function<void()>& body_;
  Order& order_;
  SharedMemory shared_;
  std::vector<Thread> threads_;
  std::vector<Warp> warps_;
  ReadySet ready_;
  Thread* current_ = nullptr;
  const Thread* latest_ = nullptr;
  int turns_ = 0;  ///< That the latest had in a row.
  const Thread* first_at_barrier_ = nullptr;
  char meetings_[2] = {};  ///< Of every other barrier: some leave one when others have come to the next.
  int barriers_passed_ = 0;
  int ended_ = 0, at_barrier_ = 0;
  bool stopping_ = false;
  std::exception_ptr error_;
};

}  // namespace coppice::kernels::host_run
