#pragma once
#include "coppice/ticket.h"

#include <string>

namespace coppice {

/// What `prune` would do: layers, densities, steps, memory, disk, and the time expected from a second of
/// trial steps. Writes no file. Text, or a JSON document.
std::string dry_run(const Network& network, const Data& data, const Config& config,
                    const SearchOptions& options, bool json);

}  // namespace coppice
