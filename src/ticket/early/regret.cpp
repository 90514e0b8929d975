#include "ticket/early/regret.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "ticket/cost.h"
#include "ticket/record.h"
#include "ticket/run_folder.h"
#include "ticket/session.h"

namespace coppice {

namespace fs = std::filesystem;

std::optional<Regret> regret(const Ticket& ticket, std::int64_t replicates, const RunContent& full) {
  if (!full.ticket || full.config.replicates != replicates || !ticket.without_dense) return std::nullopt;
  const Expense &cost = *ticket.without_dense, all = cost_of(full.records);
  std::vector<LevelRecord> to_ticket;
  for (const LevelRecord& record : full.records) {
    if (record.level <= full.ticket->level) to_ticket.push_back(record);
  }
  const auto ratio = [](auto ours, auto theirs) {
    return theirs > 0 ? static_cast<double>(ours) / static_cast<double>(theirs) : 0;
  };
  Regret out;
  out.accuracy_pp = 100 * (full.ticket->test_accuracy - ticket.test_accuracy);
  out.validation_pp = 100 * (full.ticket->accuracy - ticket.accuracy);
  out.levels = full.ticket->level - ticket.level;
  out.steps_ratio = ratio(cost.steps, all.steps);
  out.steps_ratio_to_ticket = ratio(cost.steps, cost_of(to_ticket).steps);
  out.time_ratio = ratio(cost.time_s, all.time_s);
  if (cost.energy.known() && cost.energy.kind == all.energy.kind)
    out.energy_ratio = ratio(cost.energy.joules, all.energy.joules);
  return out;
}

std::optional<Regret> regret_in_runs(const Session& session, const Ticket& ticket) {
  Config config = session.config;
  config.search = {.tolerance_pp = config.search.tolerance_pp};
  const std::string name = run_name(config, session.data, session.device);
  const std::string hash = name.substr(config.name.size());  // the two may go by different names
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(session.options.runs)) {
    if (entry.path().filename().string().ends_with(hash) && fs::exists(RunPaths{entry.path()}.ticket()))
      found.push_back(entry.path().filename().string());
  }
  if (found.empty()) return std::nullopt;
  const std::string run = *std::min_element(found.begin(), found.end());
  auto out = regret(ticket, config.replicates, read_run((fs::path(session.options.runs) / run).string()));
  if (out) out->run = run;
  return out;
}

Json to_json(const Regret& regret) {
  return {{"accuracy_pp", regret.accuracy_pp},
          {"validation_pp", regret.validation_pp},
          {"levels", regret.levels},
          {"steps_ratio", regret.steps_ratio},
          {"steps_ratio_to_ticket", regret.steps_ratio_to_ticket},
          {"time_ratio", regret.time_ratio},
          {"energy_ratio", regret.energy_ratio ? Json(*regret.energy_ratio) : Json()},
          {"run", regret.run}};
}

Regret regret_from_json(const Json& json) {
  Regret regret;
  regret.accuracy_pp = json.at("accuracy_pp").get<double>();
  regret.validation_pp = json.at("validation_pp").get<double>();
  regret.levels = json.at("levels").get<std::int64_t>();
  regret.steps_ratio = json.at("steps_ratio").get<double>();
  regret.steps_ratio_to_ticket = json.at("steps_ratio_to_ticket").get<double>();
  regret.time_ratio = json.at("time_ratio").get<double>();
  if (!json.at("energy_ratio").is_null()) regret.energy_ratio = json.at("energy_ratio").get<double>();
  regret.run = json.at("run").get<std::string>();
  return regret;
}

}  // namespace coppice
