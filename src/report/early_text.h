#pragma once
#include "coppice/ticket.h"

#include <string>

namespace coppice {

/// What an early search took without its dense reference, and its regret where the full search is known:
/// sentences on a line of their own. Empty for other searches.
std::string early_text(const Ticket& ticket);

}  // namespace coppice
