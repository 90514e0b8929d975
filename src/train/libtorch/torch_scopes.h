#pragma once
#include "coppice/error.h"

#include <ATen/autocast_mode.h>
#include <c10/util/Exception.h>
#include <fmt/format.h>

namespace coppice {

/// What LibTorch throws carries a stack trace and is no coppice::Error; out of memory is the likely case.
template <class Work>
auto guarded(Work&& work) {
  try {
    return work();
  } catch (const c10::Error& error) {
    throw Failure(fmt::format("LibTorch failed: {}", error.what_without_backtrace()));
  }
}

/// Within it, CUDA operations choose bfloat16 where that is safe.
class Autocast {
 public:
  explicit Autocast(bool on) : on_(on) {
    if (!on_) return;
    at::autocast::set_autocast_enabled(at::kCUDA, true);
    at::autocast::set_autocast_dtype(at::kCUDA, at::kBFloat16);
    at::autocast::increment_nesting();
  }
  ~Autocast() {
    if (!on_) return;
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(at::kCUDA, false);
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  bool on_;
};

}  // namespace coppice
