#include "cli/run_json.h"

#include "measure/energy.h"
#include "ticket/record.h"

namespace coppice {

nlohmann::ordered_json run_json(const std::string& folder, const Config& config,
                                const std::vector<LevelRecord>& records, const Ticket* ticket,
                                const std::string& status, const std::string& ended) {
  const bool held_out = !records.empty() && records.front().final.validation.has_value();
  Json json;
  json["folder"] = folder;
  json["name"] = config.name;
  json["status"] = status;
  json["ended"] = ended.empty() ? Json() : Json(ended);
  json["replicates"] = config.replicates;
  json["levels"] = Json::array();
  for (const LevelSummary& row : summarise(records)) {
    Json level;
    level["level"] = row.level;
    level["replicates"] = row.replicates;
    level["density_prunable"] = row.density;
    level["density_effective"] = row.effective_density;
    if (held_out) level["validation"] = {{"accuracy", row.validation}, {"sd", row.validation_sd}};
    level["test"] = {{"accuracy", row.test}, {"sd", row.test_sd}};
    level["time_s"] = row.time_s;
    json["levels"].push_back(level);
  }
  json["ticket"] = ticket ? to_json(*ticket) : Json();
  if (ticket && config.energy.carbon_g_per_kwh > 0)
    json["carbon"] = carbon_json(ticket->energy, config.energy.carbon_g_per_kwh);
  return json;
}

}  // namespace coppice
