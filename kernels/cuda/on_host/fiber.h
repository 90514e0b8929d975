#pragma once
#include <cstddef>
#include <memory>
#include <vector>

#include "kernels/cuda/on_host/context.h"

namespace coppice::kernels::host_run {

/// A stack of its own on which work runs that can stop in the middle and go on later. AddressSanitizer is
/// told of every switch, so that its reports show the fiber's stack.
class Fiber {
 public:
  Fiber();
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// What the next resume() begins with. `work` must let no exception out.
  void assign(void (*work)(void*), void* argument);
  /// Runs until the work suspends or is done.
  void resume();
  /// From within a fiber's work: back to where it was resumed.
  static void suspend();

 private:
  static void enter();
  static Fiber* inside_;

  void *strand_, *outside_strand_ = nullptr;  ///< ThreadSanitizer's.
  void* mapping_;
  void* stack_;
  void (*work_)(void*) = nullptr;
  void* argument_ = nullptr;
  Context here_, outside_;
  void *fake_stack_ = nullptr, *outside_fake_stack_ = nullptr;
  const void* outside_stack_ = nullptr;
  std::size_t outside_bytes_ = 0;
};

/// At least `count` fibers. They are kept and serve one launch after the other.
std::vector<std::unique_ptr<Fiber>>& fibers(std::size_t count);

}  // namespace coppice::kernels::host_run
