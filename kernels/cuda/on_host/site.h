#pragma once
#include <cstring>
#include <source_location>
#include <string>

namespace coppice::kernels::host_run {

/// Where a kernel calls one of our functions.
using Site = std::source_location;

std::string text(const Site& site);

/// One call in the source; instances of a template are different ones.
inline bool same(const Site& a, const Site& b) {
  const auto same_text = [](const char* x, const char* y) { return x == y || std::strcmp(x, y) == 0; };
  return a.line() == b.line() && a.column() == b.column() && same_text(a.file_name(), b.file_name()) &&
         same_text(a.function_name(), b.function_name());
}

}  // namespace coppice::kernels::host_run
