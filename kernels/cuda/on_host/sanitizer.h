// The sanitizers' interface where they are on, and nothing where they are not.
#pragma once
#include <cstddef>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define COPPICE_ASAN
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(COPPICE_ASAN)
#define COPPICE_ASAN
#endif

#ifdef COPPICE_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace coppice::kernels::host_run {

#ifdef COPPICE_ASAN
inline void poison(const void* address, std::size_t bytes) { __asan_poison_memory_region(address, bytes); }
inline void unpoison(const void* address, std::size_t bytes) {
  __asan_unpoison_memory_region(address, bytes);
}
inline void start_switch(void** fake_stack, const void* stack, std::size_t bytes) {
  __sanitizer_start_switch_fiber(fake_stack, stack, bytes);
}
inline void finish_switch(void* fake_stack, const void** old_stack, std::size_t* old_bytes) {
  __sanitizer_finish_switch_fiber(fake_stack, old_stack, old_bytes);
}
#else
inline void poison(const void*, std::size_t) {}
inline void unpoison(const void*, std::size_t) {}
inline void start_switch(void**, const void*, std::size_t) {}
inline void finish_switch(void*, const void**, std::size_t*) {}
#endif

}  // namespace coppice::kernels::host_run
