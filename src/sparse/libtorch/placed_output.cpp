#include "sparse/libtorch/placed_output.h"

#include <utility>

#include <c10/core/CPUAllocator.h>

namespace coppice {

namespace {

struct Place {
  void* next = nullptr;   // not given out yet
  void* given = nullptr;  // belongs to the caller, and must not be freed
  std::size_t bytes = 0;
};

thread_local Place place;

/// LibTorch's own allocator, but for the threads and the moments in which a place waits.
class PlacingAllocator final : public c10::Allocator {
 public:
  explicit PlacingAllocator(c10::Allocator& own) : own_(own) { own_deleter = own.raw_deleter(); }

  c10::DataPtr allocate(std::size_t bytes) override {
    if (!place.next || bytes != place.bytes) return own_.allocate(bytes);
    place.given = std::exchange(place.next, nullptr);
    return {place.given, place.given, &keep, at::Device(at::kCPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return own_deleter ? &release : nullptr; }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }

 private:
  static void keep(void*) {}
  static void release(void* memory) {
    if (memory != place.given) own_deleter(memory);
  }

  c10::Allocator& own_;
  static inline c10::DeleterFnPtr own_deleter = nullptr;
};

/// Once, for good: threads come and go, and what was allocated must find the same allocator later.
void install() {
  static PlacingAllocator* const installed = [] {
    auto* allocator = new PlacingAllocator(*c10::GetCPUAllocator());
    c10::SetCPUAllocator(allocator);
    return allocator;
  }();
  static_cast<void>(installed);
}

}  // namespace

PlacedOutput::PlacedOutput(float* to, std::size_t bytes) {
  install();
  place = {to, nullptr, bytes};
}

PlacedOutput::~PlacedOutput() { place = {}; }

}  // namespace coppice
