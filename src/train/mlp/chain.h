#pragma once
#include "coppice/network.h"

#include <cstdint>
#include <string>
#include <vector>

namespace coppice {

/// One linear layer of a chain, with the ReLU that follows it.
struct LinearSpec {
  std::string name;
  std::int64_t in = 0, out = 0;
  bool bias = true;
  bool relu = false;
};

/// The linear layers of a network that is nothing but a chain of flatten, linear and ReLU nodes and ends in a
/// linear one; empty, with the reason in `why`, for any other.
std::vector<LinearSpec> linear_chain(const Network& network, std::string* why);

}  // namespace coppice
