#include "kernels/cuda/on_host/context.h"

#include <cstdint>

#ifdef __x86_64__
extern "C" void coppice_switch_stack(void** from, void* to);
// Saves what a called function must preserve on the stack that is left, and takes it from the other.
asm(R"(
.text
.p2align 4
.globl coppice_switch_stack
.hidden coppice_switch_stack
.type coppice_switch_stack, @function
coppice_switch_stack:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size coppice_switch_stack, .-coppice_switch_stack
)");
#endif

namespace coppice::kernels::host_run {

#ifndef __x86_64__

void Context::prepare(void* stack, std::size_t bytes, void (*entry)()) {
  getcontext(&context_);
  context_.uc_stack.ss_sp = stack;
  context_.uc_stack.ss_size = bytes;
  context_.uc_link = nullptr;
  makecontext(&context_, entry, 0);
}

void Context::switch_to(Context& from, Context& to) { swapcontext(&from.context_, &to.context_); }

#else

void Context::prepare(void* stack, std::size_t bytes, void (*entry)()) {
  // The six registers, zero so that backtraces end here, the entry as the address to return to, and the
  // address that a caller of the entry would have left, behind which the stack is 16-byte aligned.
  auto* top = reinterpret_cast<std::uintptr_t*>(static_cast<unsigned char*>(stack) + bytes);
  for (int i = 1; i <= 9; ++i) top[-i] = 0;
  top[-2] = reinterpret_cast<std::uintptr_t>(entry);
  stack_pointer_ = top - 8;
}

void Context::switch_to(Context& from, Context& to) {
  coppice_switch_stack(&from.stack_pointer_, to.stack_pointer_);
}

#endif

}  // namespace coppice::kernels::host_run
