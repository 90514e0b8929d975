#pragma once
#include "coppice/ticket.h"

#include <string>
#include <vector>

namespace coppice {

/// A run as a table: level, density, accuracy, change against dense, each control's test accuracy, what the
/// level has above it and the verdict on it, time. The ticket is marked. With replicates, a line below says
/// what ± means.
std::string curve_table(const RunContent& run);

/// The ticket in a sentence or two; and where there are controls or replicates to judge it by, on a line of
/// its own the verdict.
std::string ticket_text(const Ticket& ticket, std::int64_t replicates);

/// "Energy: 812 J (rapl) for the search, 90 J (rapl) for the dense network; 0.09 g CO2e." or, where it is not
/// known, why. The last part only where an intensity above 0 was named.
std::string energy_sentence(const Ticket& ticket, double carbon_g_per_kwh);

}  // namespace coppice
