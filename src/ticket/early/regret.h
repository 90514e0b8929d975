#pragma once
#include "coppice/ticket.h"

#include <optional>

#include <nlohmann/json.hpp>

namespace coppice {

class Session;

/// What the cheap search lost and saved against the full one. None where that chose no ticket, or over
/// another number of replicates.
std::optional<Regret> regret(const Ticket& ticket, std::int64_t replicates, const RunContent& full);

/// The same against the full search of the session's identity in the same folder of runs, where there is one.
std::optional<Regret> regret_in_runs(const Session& session, const Ticket& ticket);

/// As ticket.json holds it.
nlohmann::ordered_json to_json(const Regret& regret);
Regret regret_from_json(const nlohmann::ordered_json& json);

}  // namespace coppice
