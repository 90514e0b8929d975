// What ThreadSanitizer must be told to find races between CUDA threads: that fibers are threads, and what
// orders what they do. The harness itself is compiled without it (with COPPICE_RACES instead), the kernels
// with it. Nothing where it is off.
#pragma once
#include <cstddef>

#ifdef COPPICE_RACES
#include <sanitizer/tsan_interface.h>
extern "C" {
void __tsan_read_range(void* address, unsigned long bytes);
void __tsan_write_range(void* address, unsigned long bytes);
void __tsan_ignore_thread_begin();
void __tsan_ignore_thread_end();
}
#endif

namespace coppice::kernels::host_run {

#ifdef COPPICE_RACES
inline constexpr bool kFindsRaces = true;
inline void* new_strand() { return __tsan_create_fiber(0); }
inline void* this_strand() { return __tsan_get_current_fiber(); }
inline void end_strand(void* strand) { __tsan_destroy_fiber(strand); }
inline void switch_to_strand(void* strand) { __tsan_switch_to_fiber(strand, __tsan_switch_to_fiber_no_sync); }
/// All before the first happens before all behind the second, where both name the same.
inline void happens_before(const void* what) { __tsan_release(const_cast<void*>(what)); }
inline void happens_after(const void* what) { __tsan_acquire(const_cast<void*>(what)); }
inline void reads(const void* what, std::size_t bytes) { __tsan_read_range(const_cast<void*>(what), bytes); }
inline void writes(const void* what, std::size_t bytes) {
  __tsan_write_range(const_cast<void*>(what), bytes);
}
/// What the harness does meanwhile is no deed of the thread.
struct Unseen {
  Unseen() { __tsan_ignore_thread_begin(); }
  ~Unseen() { __tsan_ignore_thread_end(); }
  Unseen(const Unseen&) = delete;
  Unseen& operator=(const Unseen&) = delete;
};
#else
inline constexpr bool kFindsRaces = false;
inline void* new_strand() { return nullptr; }
inline void* this_strand() { return nullptr; }
inline void end_strand(void*) {}
inline void switch_to_strand(void*) {}
inline void happens_before(const void*) {}
inline void happens_after(const void*) {}
inline void reads(const void*, std::size_t) {}
inline void writes(const void*, std::size_t) {}
struct Unseen {
  Unseen() {}
};
#endif

}  // namespace coppice::kernels::host_run
