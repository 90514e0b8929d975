#pragma once
#include <cstddef>

#if !defined(__x86_64__) || defined(COPPICE_UCONTEXT)
#define COPPICE_UCONTEXT
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
#ifdef COPPICE_UCONTEXT
  ucontext_t context_{};
#else
  void* stack_pointer_ = nullptr;
#endif
};

}  // namespace coppice::kernels::host_run
