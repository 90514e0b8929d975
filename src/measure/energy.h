#pragma once
#include "coppice/energy.h"

#include <nlohmann/json.hpp>

namespace coppice {

/// {"joules": x, "source": "rapl"}, with "net_joules" where known and "unreliable" (why) where so;
/// {"estimate_joules": x, "assumed_watts": w}; or {"unavailable": "reason"}.
nlohmann::ordered_json to_json(const Energy& energy);
/// Throws nlohmann's exceptions where it is none of these.
Energy energy_from_json(const nlohmann::ordered_json& json);

/// {"grams": x, "g_per_kwh": i}, {"estimate_grams": ...} or {"unavailable": "reason"}.
nlohmann::ordered_json carbon_json(const Energy& energy, double g_per_kwh);

}  // namespace coppice
