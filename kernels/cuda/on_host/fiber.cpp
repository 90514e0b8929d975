#include "kernels/cuda/on_host/fiber.h"

#include <new>
#include <sys/mman.h>
#include <unistd.h>

#include "kernels/cuda/on_host/races.h"
#include "kernels/cuda/on_host/sanitizer.h"

namespace coppice::kernels::host_run {

namespace {

constexpr std::size_t kStackBytes = 256 * 1024;

std::size_t guard_bytes() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

}  // namespace

Fiber* Fiber::inside_ = nullptr;

Fiber::Fiber() : strand_(new_strand()) {
  mapping_ = mmap(nullptr, guard_bytes() + kStackBytes, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping_ == MAP_FAILED) throw std::bad_alloc();
  mprotect(mapping_, guard_bytes(), PROT_NONE);  // a stack grows downwards: into this, not into its neighbour
  stack_ = static_cast<unsigned char*>(mapping_) + guard_bytes();
  here_.prepare(stack_, kStackBytes, enter);
}

Fiber::~Fiber() {
  unpoison(stack_, kStackBytes);  // what is mapped here next must not inherit the frames' marks
  end_strand(strand_);
  munmap(mapping_, guard_bytes() + kStackBytes);
}

void Fiber::assign(void (*work)(void*), void* argument) {
  work_ = work;
  argument_ = argument;
}

void Fiber::resume() {
  Fiber* const outer = inside_;
  inside_ = this;
  start_switch(&outside_fake_stack_, stack_, kStackBytes);
  outside_strand_ = this_strand();
  switch_to_strand(strand_);
  Context::switch_to(outside_, here_);
  finish_switch(outside_fake_stack_, nullptr, nullptr);
  inside_ = outer;
}

void Fiber::suspend() {
  Fiber& me = *inside_;
  start_switch(&me.fake_stack_, me.outside_stack_, me.outside_bytes_);
  switch_to_strand(me.outside_strand_);
  Context::switch_to(me.here_, me.outside_);
  finish_switch(me.fake_stack_, &me.outside_stack_, &me.outside_bytes_);
}

void Fiber::enter() {
  Fiber& me = *inside_;
  finish_switch(nullptr, &me.outside_stack_, &me.outside_bytes_);
  for (;;) {
    me.work_(me.argument_);
    suspend();
  }
}

std::vector<std::unique_ptr<Fiber>>& fibers(std::size_t count) {
  static std::vector<std::unique_ptr<Fiber>> all;
  // ThreadSanitizer (of GCC 13 and clang 14 on) can tell 255 threads apart, so none are kept that nobody
  // needs.
  if (kFindsRaces && all.size() > count) all.resize(count);
  while (all.size() < count) all.push_back(std::make_unique<Fiber>());
  return all;
}

}  // namespace coppice::kernels::host_run
