#pragma once
#include <string>

namespace coppice {

/// Options that every verb takes.
struct CommonOptions {
  std::string runs = "runs";
  std::string device = "auto";
  int threads = 0;
  bool json = false;
  bool quiet = false;
};

}  // namespace coppice
