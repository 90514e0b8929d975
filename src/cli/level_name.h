#pragma once
#include "coppice/connect.h"

#include <string>

namespace coppice {

/// What a user writes for a level of a run: RUN, and after colons, in any order, a level (7), a replicate
/// (r2), a control (shuffle). The run is left as typed. Throws BadInput naming the part that is none of
/// these.
LevelName parse_level_name(const std::string& text);

}  // namespace coppice
