#pragma once
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "measure/bootstrap.h"

namespace coppice {

// Measurements as all tables and results files write them.
std::string factor_text(double value);              ///< "2.35x"
std::string factor_text(const Interval& interval);  ///< The median; "-" where there is none (0).
std::string range_text(const Interval& interval);   ///< "2.30-2.41"; "-" where there is none.
std::string percent_text(double fraction);          ///< "67%"
std::string density_text(double density);           ///< "12.5%"

/// {"median", "low", "high"}, each times `scale`.
nlohmann::ordered_json to_json(const Interval& interval, double scale = 1);

}  // namespace coppice
