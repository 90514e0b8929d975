#pragma once
#include "coppice/ticket.h"

#include <string>

namespace coppice {

/// What a search will take.
struct Expectation {
  double step_s = 0, evaluation_s = 0;  ///< Of one update, and of one evaluation on validation and test.
  double total_s = 0;                   ///< Of the whole search, as if nothing of it were done.
  double memory_bytes = 0, disk_bytes = 0;
  std::string engine;
};

/// Trial steps for about a second, after a warm-up, and one evaluation. Writes nothing.
Expectation expect_search(const Network& network, const Data& data, const Config& config,
                          const SearchPlan& plan, const Device& device);

}  // namespace coppice
