#pragma once
#include <string>

namespace coppice {

/// Of the LibTorch that the program was built with: "2.11.0".
std::string torch_version();

}  // namespace coppice
