#pragma once
#include "coppice/ticket.h"

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace coppice {

/// What `prune --json` and `inspect --json` say of a run. A ticket need not be there.
nlohmann::ordered_json run_json(const std::string& folder, const RunContent& run,
                                const std::string& ended = "");

}  // namespace coppice
