#pragma once
#include <string>

namespace coppice {

/// Writes a result to stdout and makes sure that it arrived. Throws Failure where it did not (a full disk).
void print_result(const std::string& text);

}  // namespace coppice
