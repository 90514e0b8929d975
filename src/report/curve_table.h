#pragma once
#include "coppice/ticket.h"

#include <string>
#include <vector>

namespace coppice {

/// The search's result as a table: level, density, accuracy, change against dense, time. `ticket` is marked.
std::string curve_table(const std::vector<LevelSummary>& curve, bool held_out, std::int64_t ticket);

/// The ticket in one sentence.
std::string ticket_sentence(const Ticket& ticket, std::int64_t replicates);

/// "Energy: 812 J (rapl) for the search, 90 J (rapl) for the dense network; 0.09 g CO2e." or, where it is not
/// known, why. The last part only where an intensity above 0 was named.
std::string energy_sentence(const Ticket& ticket, double carbon_g_per_kwh);

}  // namespace coppice
