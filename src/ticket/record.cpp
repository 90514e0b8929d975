#include "ticket/record.h"

#include <fstream>

#include <fmt/format.h>

#include "base/files.h"
#include "measure/energy.h"
#include "ticket/early/regret.h"

namespace coppice {

namespace {

Json tally_json(const Tally& tally) {
  return {{"examples", tally.examples},
          {"correct", tally.correct},
          {"loss_sum", tally.loss_sum},
          {"loss", tally.loss()},
          {"accuracy", tally.accuracy()}};
}

Tally tally_from(const Json& json) {
  return {json.at("examples").get<std::int64_t>(), json.at("loss_sum").get<double>(),
          json.at("correct").get<std::int64_t>()};
}

Json split_value(const Evaluation& evaluation, double (Tally::*value)() const) {
  Json json;
  json["train"] = (evaluation.train.*value)();
  json["validation"] = evaluation.validation ? Json(((*evaluation.validation).*value)()) : Json();
  json["test"] = (evaluation.test.*value)();
  return json;
}

}  // namespace

Json to_json(const Evaluation& evaluation) {
  Json json;
  json["step"] = evaluation.step;
  json["epoch"] = evaluation.epoch;
  json["train"] = tally_json(evaluation.train);
  json["validation"] = evaluation.validation ? tally_json(*evaluation.validation) : Json();
  json["test"] = tally_json(evaluation.test);
  return json;
}

Evaluation evaluation_from_json(const Json& json) {
  Evaluation evaluation;
  evaluation.step = json.at("step").get<std::int64_t>();
  evaluation.epoch = json.at("epoch").get<double>();
  evaluation.train = tally_from(json.at("train"));
  if (!json.at("validation").is_null()) evaluation.validation = tally_from(json.at("validation"));
  evaluation.test = tally_from(json.at("test"));
  return evaluation;
}

Json to_json(const LevelRecord& record, const Network& network,
             const std::map<std::string, std::string>& sha256) {
  Json json;
  if (!record.branch.empty()) json["branch"] = record.branch;
  json["replicate"] = record.replicate;
  json["level"] = record.level;
  json["sha256"] = sha256;
  json["prunable"] = record.density.prunable;
  json["kept"] = record.density.kept;
  json["density_prunable"] = record.density.of_prunable;
  json["density_total"] = record.density.of_total;
  json["density_effective"] = record.density.effective;
  json["layers"] = Json::array();
  for (const TensorSpec& spec : tensor_specs(network)) {
    if (spec.role != Role::kWeight) continue;
    const Mask* mask = find(record.masks, spec.name);
    json["layers"].push_back({{"name", spec.name},
                              {"shape", spec.shape},
                              {"prunable", mask != nullptr},
                              {"kept", mask ? mask->kept() : element_count(spec.shape)}});
  }
  json["train"] = {{"steps", record.steps}, {"epochs", record.epochs}};
  json["accuracy"] = split_value(record.final, &Tally::accuracy);
  json["loss"] = split_value(record.final, &Tally::loss);
  json["final"] = to_json(record.final);
  json["early_stop"] = to_json(record.early_stop);
  json["time_s"] = record.time_s;
  json["busy"] = record.busy;
  json["energy"] = to_json(record.energy);
  return json;
}

LevelRecord record_from_json(const Json& json) {
  LevelRecord record;
  record.branch = json.value("branch", "");
  record.replicate = json.at("replicate").get<std::int64_t>();
  record.level = json.at("level").get<std::int64_t>();
  record.density.prunable = json.at("prunable").get<std::int64_t>();
  record.density.kept = json.at("kept").get<std::int64_t>();
  record.density.of_prunable = json.at("density_prunable").get<double>();
  record.density.of_total = json.at("density_total").get<double>();
  record.density.effective = json.at("density_effective").get<double>();
  record.steps = json.at("train").at("steps").get<std::int64_t>();
  record.epochs = json.at("train").at("epochs").get<double>();
  record.final = evaluation_from_json(json.at("final"));
  record.early_stop = evaluation_from_json(json.at("early_stop"));
  record.time_s = json.at("time_s").get<double>();
  record.busy = json.at("busy").get<double>();
  record.energy = energy_from_json(json.at("energy"));
  return record;
}

Json to_json(const std::optional<ConfidenceInterval>& interval, double scale) {
  return interval ? Json{scale * interval->low, scale * interval->high} : Json();
}

Json to_json(const Contest& contest) {
  return {{"against", contest.against},
          {"replicates", contest.replicates},
          {"accuracy", contest.accuracy},
          {"difference_pp", contest.difference_pp},
          {"interval_pp", to_json(contest.interval_pp)},
          {"outcome", contest.outcome}};
}

static Contest contest_from(const Json& json) {
  Contest contest;
  contest.against = json.at("against").get<std::string>();
  contest.replicates = json.at("replicates").get<std::int64_t>();
  contest.accuracy = json.at("accuracy").get<double>();
  contest.difference_pp = json.at("difference_pp").get<double>();
  if (const Json& ends = json.at("interval_pp"); !ends.is_null())
    contest.interval_pp = {ends.at(0).get<double>(), ends.at(1).get<double>()};
  contest.outcome = json.at("outcome").get<std::string>();
  return contest;
}

Json to_json(const Ticket& ticket) {
  Json json;
  json["level"] = ticket.level;
  json["density_prunable"] = ticket.density;
  json["accuracy"] = ticket.accuracy;
  json["dense_accuracy"] = ticket.dense_accuracy;
  json["test_accuracy"] = ticket.test_accuracy;
  json["dense_test_accuracy"] = ticket.dense_test_accuracy;
  json["standard_error_pp"] = ticket.standard_error_pp;
  json["verdict"] = ticket.verdict;
  json["why"] = ticket.why;
  json["to_dense"] = ticket.level > 0 ? to_json(ticket.to_dense) : Json();
  json["controls"] = Json::array();
  for (const Contest& control : ticket.controls) json["controls"].push_back(to_json(control));
  json["cost"] = {{"time_s", ticket.time_s}, {"energy", to_json(ticket.energy)}, {"steps", ticket.steps}};
  if (ticket.rewind_search) {
    json["cost"]["rewind_search"] = {{"time_s", ticket.rewind_search->time_s},
                                     {"energy", to_json(ticket.rewind_search->energy)},
                                     {"steps", ticket.rewind_search->steps}};
  }
  json["dense_cost"] = {{"time_s", ticket.dense_time_s},
                        {"energy", to_json(ticket.dense_energy)},
                        {"steps", ticket.dense_steps}};
  if (ticket.without_dense) {
    json["cost_without_dense"] = {{"time_s", ticket.without_dense->time_s},
                                  {"energy", to_json(ticket.without_dense->energy)},
                                  {"steps", ticket.without_dense->steps}};
  }
  json["regret"] = ticket.regret ? to_json(*ticket.regret) : Json();
  return json;
}

Ticket ticket_from_json(const Json& json) {
  Ticket ticket;
  ticket.level = json.at("level").get<std::int64_t>();
  ticket.density = json.at("density_prunable").get<double>();
  ticket.accuracy = json.at("accuracy").get<double>();
  ticket.dense_accuracy = json.at("dense_accuracy").get<double>();
  ticket.test_accuracy = json.at("test_accuracy").get<double>();
  ticket.dense_test_accuracy = json.at("dense_test_accuracy").get<double>();
  ticket.standard_error_pp = json.at("standard_error_pp").get<double>();
  ticket.verdict = json.at("verdict").get<std::string>();
  ticket.why = json.at("why").get<std::string>();
  if (json.contains("controls")) {  // not in what 0.1.0 wrote
    if (!json.at("to_dense").is_null()) ticket.to_dense = contest_from(json.at("to_dense"));
    for (const Json& control : json.at("controls")) ticket.controls.push_back(contest_from(control));
  }
  ticket.time_s = json.at("cost").at("time_s").get<double>();
  ticket.steps = json.at("cost").at("steps").get<std::int64_t>();
  ticket.energy = energy_from_json(json.at("cost").at("energy"));
  if (json.at("cost").contains("rewind_search")) {
    const Json& cost = json.at("cost").at("rewind_search");
    ticket.rewind_search = {cost.at("steps").get<std::int64_t>(), cost.at("time_s").get<double>(),
                            energy_from_json(cost.at("energy"))};
  }
  ticket.dense_energy = energy_from_json(json.at("dense_cost").at("energy"));
  ticket.dense_time_s = json.at("dense_cost").at("time_s").get<double>();
  ticket.dense_steps = json.at("dense_cost").at("steps").get<std::int64_t>();
  if (json.contains("cost_without_dense")) {
    const Json& cost = json.at("cost_without_dense");
    ticket.without_dense = Expense{cost.at("steps").get<std::int64_t>(), cost.at("time_s").get<double>(),
                                   energy_from_json(cost.at("energy"))};
  }
  if (json.contains("regret") && !json.at("regret").is_null())
    ticket.regret = regret_from_json(json.at("regret"));
  return ticket;
}

Json read_json(const std::filesystem::path& path) {
  try {
    return Json::parse(read_file(path));
  } catch (const nlohmann::json::parse_error& error) {
    throw BadInput(
        fmt::format("{}: not JSON (byte {}); restore the file, or remove its level's folder to train that "
                    "level again",
                    path.string(), error.byte));
  }
}

std::vector<Evaluation> read_metrics(const std::filesystem::path& path, std::int64_t last_step) {
  std::vector<Evaluation> evaluations;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const Json json = Json::parse(line, nullptr, false);
    if (json.is_discarded()) break;
    const Evaluation evaluation = evaluation_from_json(json);
    if (evaluation.step > last_step) break;
    evaluations.push_back(evaluation);
  }
  return evaluations;
}

std::vector<std::string> vouched_files(const std::string& branch, std::int64_t level) {
  std::vector<std::string> names = {"mask.safetensors", "model.safetensors", "metrics.jsonl"};
  if (branch.empty() && level == 0) names.emplace_back("../init.safetensors");
  return names;
}

}  // namespace coppice
