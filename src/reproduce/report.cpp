// What is printed of an experiment, for people and for scripts.
#include <fmt/format.h>

#include "base/table.h"
#include "base/text.h"
#include "reproduce/reproduce.h"
#include "ticket/record.h"

namespace coppice {

std::string reproduction_text(const Reproduction& reproduction) {
  const Experiment& experiment = find_experiment(reproduction.experiment);
  std::string out = fmt::format("{} ({}) on {}{}\n\nTest accuracy, %, mean ± half of the 95% interval:\n{}\n",
                                experiment.title, experiment.paper, reproduction.dataset,
                                reproduction.quick ? ", --quick" : "", accuracy_table(reproduction.measured));
  Table lines({"line", "published", "", "measured", "verdict"});
  for (const Judgement& one : reproduction.judgements) {
    lines.add_row({one.statement, one.published, fmt::format("[{}]", one.known), one.measured,
                   one.why.empty() ? one.verdict : one.verdict + ": " + one.why});
  }
  out += lines.text() +
         "[F] from the authors' files, [S] a secondary source, [M] memory; ± half of the 95% " +
         "interval\n\n";
  if (reproduction.dataset != reproduction.original_dataset)
    out += fmt::format("On {} instead of {}: figures are not compared, the shape is.\n", reproduction.dataset,
                       reproduction.original_dataset);
  if (reproduction.quick) out += fmt::format("--quick: {}.\n", experiment.quick_is);
  std::vector<std::string> folders;
  for (const ReproducedRun& run : reproduction.runs) {
    folders.push_back(run.folder);
    if (run.ticket.level > 0)
      out += fmt::format("The ticket of {} is level {}, and the verdict on it {}: {}.\n", run.key,
                         run.ticket.level, run.ticket.verdict, run.ticket.why);
  }
  out += fmt::format("{} Training took {}.\nFiles: {}\n", count_verdicts(reproduction.judgements),
                     duration_text(reproduction.time_s), join(folders, "\n       "));
  return out;
}

Json to_json(const Reproduction& reproduction) {
  const Experiment& experiment = find_experiment(reproduction.experiment);
  Json json = {{"experiment", experiment.name},   {"paper", experiment.paper},
               {"dataset", reproduction.dataset}, {"original_dataset", reproduction.original_dataset},
               {"quick", reproduction.quick},     {"time_s", reproduction.time_s}};
  json["runs"] = Json::array();
  for (const ReproducedRun& run : reproduction.runs)
    json["runs"].push_back({{"key", run.key}, {"folder", run.folder}, {"ticket", to_json(run.ticket)}});
  json["curves"] = Json::array();
  for (const auto& [name, curve] : reproduction.measured) {
    Json points = Json::array();
    for (const MeasuredPoint& point : curve.points)
      points.push_back({{"density_prunable", point.density}, {"test_accuracy_percent", point.accuracies}});
    json["curves"].push_back(
        {{"name", name}, {"dense_test_accuracy_percent", curve.dense}, {"points", points}});
  }
  json["lines"] = Json::array();
  for (const Judgement& one : reproduction.judgements) {
    json["lines"].push_back({{"line", one.statement},
                             {"published", one.published},
                             {"known", std::string(1, one.known)},
                             {"measured", one.measured.empty() ? Json() : Json(one.measured)},
                             {"verdict", one.verdict},
                             {"why", one.why}});
  }
  json["summary"] = count_verdicts(reproduction.judgements);
  return json;
}

std::string experiments_text() {
  Table table({"experiment", "what", "data", "searches", "--quick", "paper"});
  for (const Experiment& experiment : experiments()) {
    const auto quick = std::count_if(experiment.parts.begin(), experiment.parts.end(),
                                     [](const Part& part) { return !part.quick.empty(); });
    table.add_row({experiment.name, experiment.title, experiment.dataset,
                   std::to_string(experiment.parts.size()), std::to_string(quick), experiment.paper});
  }
  return table.text();
}

Json experiments_json() {
  Json json = Json::array();
  for (const Experiment& experiment : experiments()) {
    json.push_back({{"name", experiment.name},
                    {"title", experiment.title},
                    {"paper", experiment.paper},
                    {"dataset", experiment.dataset},
                    {"searches", experiment.parts.size()},
                    {"replicates", experiment.replicates},
                    {"lines", experiment.lines.size()},
                    {"quick", experiment.quick_is}});
  }
  return json;
}

}  // namespace coppice
