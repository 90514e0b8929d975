#pragma once
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "update_bench/time_update.h"

namespace coppice {

/// One row a case: our kernel, LibTorch's ways and the limits; below it what was wrong.
std::string update_table(const std::vector<UpdateResult>& results);

/// One row a case: bytes and limits alone.
std::string update_limits_table(const std::vector<UpdateResult>& results);

nlohmann::ordered_json to_json(const UpdateResult& result);

}  // namespace coppice
