#include "base/print_result.h"

#include "coppice/error.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>

namespace coppice {

void print_result(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    throw Failure(fmt::format("writing the result to stdout failed: {}", std::strerror(errno)));
  }
}

}  // namespace coppice
