#pragma once
#include "coppice/ticket.h"

#include <string>
#include <vector>

namespace coppice {

/// The search's result as a table: level, density, accuracy, change against dense, time. `ticket` is marked.
std::string curve_table(const std::vector<LevelSummary>& curve, bool held_out, std::int64_t ticket);

/// The ticket in one sentence.
std::string ticket_sentence(const Ticket& ticket, std::int64_t replicates);

}  // namespace coppice
