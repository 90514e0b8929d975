#pragma once
#include "coppice/connect.h"

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace coppice {

/// The barrier from one step over all replicates, on one split.
struct BarrierSummary {
  Split split = Split::kValidation;
  double mean_pp = 0, sd_pp = 0;
};

/// One row: where two trainings part, and how far apart they end.
struct InstabilityRow {
  std::int64_t step = 0, replicates = 0;
  double epoch = 0;
  std::vector<BarrierSummary> barriers;
  bool stable = false;  ///< The mean barrier on the deciding split lies below kConnectedBelowPp.
};

std::vector<InstabilityRow> summarise(const Instability& instability);

/// What `coppice connect CONFIG --from` says: for people, for scripts, as a table and as the paper's picture.
std::string instability_text(const Instability& instability);
nlohmann::ordered_json to_json(const Instability& instability);
std::string instability_csv(const Instability& instability);
std::string instability_svg(const Instability& instability, const std::string& title);

}  // namespace coppice
