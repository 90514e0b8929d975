#pragma once
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace coppice {

/// One line of `doctor`: something that is there, or is missing and what to do about it.
struct Fact {
  std::string about;  ///< "GPU", "fashion-mnist", ...
  bool there = false;
  std::string what;    ///< What it is, or why it is missing.
  std::string remedy;  ///< Empty where it is there.
};

struct Examination {
  std::vector<Fact> facts;
  nlohmann::ordered_json json;
};

/// Looks at processor, memory, GPUs, libraries, energy counters, data sets and the folder for runs.
Examination examine(const std::string& runs);

}  // namespace coppice
