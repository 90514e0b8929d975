#pragma once
#include <cstdint>
#include <string>

#include "base/paths.h"

namespace coppice {

/// The files of a finished level (first replicate) whose weights are there. Throws BadInput where the level
/// is not finished, or its weights were not kept.
LevelPaths kept_level(const std::string& folder, std::int64_t level);

}  // namespace coppice
