#pragma once
#include "coppice/error.h"

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

}  // namespace coppice
