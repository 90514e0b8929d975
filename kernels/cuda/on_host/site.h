#pragma once
#include <cstring>
#include <string>
#include <version>
#ifdef __cpp_lib_source_location
#include <source_location>
#else  // clang before 15, which knows no columns
#include <experimental/source_location>
#endif

namespace coppice::kernels::host_run {

/// Where a kernel calls one of our functions.
#ifdef __cpp_lib_source_location
using Site = std::source_location;
#else
using Site = std::experimental::source_location;
#endif

std::string text(const Site& site);

/// One call in the source; instances of a template are different ones.
inline bool same(const Site& a, const Site& b) {
  const auto same_text = [](const char* x, const char* y) { return x == y || std::strcmp(x, y) == 0; };
  return a.line() == b.line() && a.column() == b.column() && same_text(a.file_name(), b.file_name()) &&
         same_text(a.function_name(), b.function_name());
}

}  // namespace coppice::kernels::host_run
