#pragma once
#include "coppice/ticket.h"

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace coppice {

/// What `prune --json` and `inspect --json` say of a run. `ticket` may be null.
nlohmann::ordered_json run_json(const std::string& folder, const Config& config,
                                const std::vector<LevelRecord>& records, const Ticket* ticket,
                                const std::string& status, const std::string& ended = "");

}  // namespace coppice
