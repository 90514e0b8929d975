#pragma once
#include <cstddef>

#ifndef __x86_64__
#include <ucontext.h>
#endif

namespace coppice::kernels::host_run {

/// Where a stack of its own stopped. Switching by hand, because swapcontext() makes a system call each time
/// and AddressSanitizer's cleans the whole stack's shadow; where the processor is another, it must do.
class Context {
 public:
  /// Will begin in `entry`, which must not return.
  void prepare(void* stack, std::size_t bytes, void (*entry)());
  static void switch_to(Context& from, Context& to);

 private:
#ifndef __x86_64__
  ucontext_t context_{};
#else
  void* stack_pointer_ = nullptr;
#endif
};

}  // namespace coppice::kernels::host_run
