#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>

#include <nlohmann/json.hpp>

#include "measure/calibrate.h"

namespace coppice {

/// The calibration of this machine: that of the last 24 hours, where one was kept for the same processor,
/// cores, instruction set, threads and version of Coppice; else, or where `fresh` is set, measured now and
/// kept. A cache that cannot be read or written only costs the time to measure again.
Calibration calibration(int threads, bool fresh = false);

/// $XDG_CACHE_HOME/coppice or $HOME/.cache/coppice; empty where neither is set.
std::filesystem::path cache_folder();

/// The rule behind `calibration`, for tests: `key` says what a calibration holds for, `now` is in seconds
/// since 1970, `folder` may be empty (nothing is kept).
Calibration cached_calibration(const std::filesystem::path& folder, const nlohmann::ordered_json& key,
                               std::int64_t now, bool fresh, const std::function<Calibration()>& measure);

}  // namespace coppice
