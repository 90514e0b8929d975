#include "cli/run_json.h"

#include "measure/energy.h"
#include "ticket/record.h"
#include "ticket/verdict.h"

namespace coppice {

static Json split_json(double accuracy, double sd, const std::optional<ConfidenceInterval>& interval) {
  return {{"accuracy", accuracy}, {"sd", sd}, {"interval", to_json(interval)}};
}

static Json levels_json(const std::vector<LevelSummary>& levels, bool held_out) {
  Json json = Json::array();
  for (const LevelSummary& row : levels) {
    Json level;
    level["level"] = row.level;
    level["replicates"] = row.replicates;
    level["density_prunable"] = row.density;
    level["density_effective"] = row.effective_density;
    if (held_out)
      level["validation"] = split_json(row.validation, row.validation_sd, row.validation_interval);
    level["test"] = split_json(row.test, row.test_sd, row.test_interval);
    level["time_s"] = row.time_s;
    json.push_back(level);
  }
  return json;
}

Json run_json(const std::string& folder, const RunContent& run, const std::string& ended) {
  const bool held_out = !run.records.empty() && run.records.front().final.validation.has_value();
  Json json;
  json["folder"] = folder;
  json["name"] = run.config.name;
  json["status"] = run.status;
  json["ended"] = ended.empty() ? Json() : Json(ended);
  json["replicates"] = run.config.replicates;
  json["levels"] = levels_json(summarise(run.records), held_out);
  for (Json& level : json["levels"]) {
    const auto number = level.at("level").get<std::int64_t>();
    if (number == 0) continue;
    const Verdict verdict = verdict_on(number, run.records, run.controls, run.config.search.tolerance_pp);
    level["verdict"] = verdict.verdict;
    level["why"] = verdict.why;
  }
  json["controls"] = Json::array();
  for (const BranchSummary& control : summarise_controls(run.controls))
    json["controls"].push_back(
        {{"control", control.branch}, {"levels", levels_json(control.levels, held_out)}});
  json["ticket"] = run.ticket ? to_json(*run.ticket) : Json();
  if (run.ticket && run.config.energy.carbon_g_per_kwh > 0)
    json["carbon"] = carbon_json(run.ticket->energy, run.config.energy.carbon_g_per_kwh);
  return json;
}

}  // namespace coppice
