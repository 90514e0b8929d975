#pragma once
#include "coppice/connect.h"

#include <nlohmann/json.hpp>

namespace coppice {

/// {"alpha": [...], "validation": {"examples": n, "barrier_pp": x, "loss_barrier": y, "error": [...],
/// "loss": [...], "correct": [...], "loss_sum": [...]}, ...}: errors in [0, 1], a value for each alpha.
nlohmann::ordered_json to_json(const LinearPath& path);
/// Throws nlohmann's exceptions where it is not that.
LinearPath path_from_json(const nlohmann::ordered_json& json);

}  // namespace coppice
