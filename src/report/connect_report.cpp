#include "report/connect_report.h"

#include <filesystem>

#include <fmt/format.h>

#include "base/plot.h"
#include "base/table.h"
#include "base/text.h"
#include "measure/energy.h"
#include "ticket/path_json.h"

namespace coppice {

namespace {

std::string run_name(const LevelName& name) {
  const std::filesystem::path folder = std::filesystem::path(name.run).lexically_normal();
  return (folder.has_filename() ? folder : folder.parent_path()).filename().string();
}

/// "lenet-1a2b3c4d, replicate 2, control shuffle, level 7 (21.0% of the weights)"
std::string end_text(const PathEnd& end) {
  std::vector<std::string> words = {run_name(end.name)};
  if (end.name.replicate > 1) words.push_back(fmt::format("replicate {}", end.name.replicate));
  if (!end.name.branch.empty()) words.push_back("control " + end.name.branch);
  words.push_back(
      fmt::format("level {}{}", end.name.level.value_or(0), end.again ? " on other batches" : ""));
  return fmt::format("{} ({:.1f}% of the weights)", join(words, ", "), 100 * end.density);
}

std::string masks_text(const Connection& connection) {
  if (connection.masks == "same") return "both have the same mask";
  if (connection.masks == "nested")
    return "one's mask lies within the other's; the networks between keep what the denser one keeps";
  return "their masks differ; the networks between keep what either keeps, more than both";
}

nlohmann::ordered_json end_json(const PathEnd& end) {
  return {{"run", end.name.run},
          {"replicate", end.name.replicate},
          {"control", end.name.branch.empty() ? nlohmann::ordered_json() : end.name.branch.c_str()},
          {"level", end.name.level.value_or(0)},
          {"again", end.again},
          {"density_prunable", end.density}};
}

std::string file_part(const PathEnd& end, bool with_run) {
  std::vector<std::string> words;
  if (with_run) words.push_back(run_name(end.name));
  if (end.name.replicate > 1) words.push_back(fmt::format("r{}", end.name.replicate));
  if (!end.name.branch.empty()) words.push_back(end.name.branch);
  words.push_back(fmt::format("level-{:02}{}", end.name.level.value_or(0), end.again ? "-again" : ""));
  return join(words, "-");
}

}  // namespace

std::string connection_text(const Connection& connection) {
  const LinearPath& path = connection.path;
  std::vector<std::string> headers = {"alpha"}, barriers;
  for (const PathSplit& split : path.splits) {
    headers.insert(headers.end(), {split_name(split.split) + " error %", "loss"});
    barriers.push_back(fmt::format("{:.2f} pp on {} ({} examples; loss {:.4f})", split.error_barrier_pp(),
                                   split_name(split.split), grouped(split.along.front().examples),
                                   split.loss_barrier()));
  }
  Table table(headers);
  for (std::size_t i = 0; i < path.alpha.size(); ++i) {
    std::vector<std::string> cells = {fmt::format("{:.3f}", path.alpha[i])};
    for (const PathSplit& split : path.splits) {
      cells.push_back(fmt::format("{:.2f}", 100 * error(split.along[i])));
      cells.push_back(fmt::format("{:.4f}", split.along[i].loss()));
    }
    table.add_row(cells);
  }
  std::string out = fmt::format("alpha 0: {}\nalpha 1: {}\n{}\n\n{}\n", end_text(connection.a),
                                end_text(connection.b), masks_text(connection), table.text());
  out += fmt::format("Error barrier: {}.\n", join(barriers, ", "));
  out += fmt::format("{}: the barrier on {} is {} {} pp.\n",
                     connected(path) ? "Linearly connected" : "NOT linearly connected",
                     split_name(deciding(path).split), connected(path) ? "below" : "not below",
                     kConnectedBelowPp);
  if (connection.cost)
    out += fmt::format("Training the copy took {} steps, {}; energy: {}.\n", grouped(connection.cost->steps),
                       duration_text(connection.cost->time_s), energy_text(connection.cost->energy));
  return out;
}

nlohmann::ordered_json to_json(const Connection& connection) {
  nlohmann::ordered_json json;
  json["a"] = end_json(connection.a);
  json["b"] = end_json(connection.b);
  json["masks"] = connection.masks;
  json["decided_on"] = split_name(deciding(connection.path).split);
  json["barrier_pp"] = deciding(connection.path).error_barrier_pp();
  json["connected_below_pp"] = kConnectedBelowPp;
  json["connected"] = connected(connection.path);
  if (connection.cost) {
    json["cost"] = {{"steps", connection.cost->steps},
                    {"time_s", connection.cost->time_s},
                    {"energy", to_json(connection.cost->energy)}};
  }
  json["path"] = to_json(connection.path);
  return json;
}

std::string connection_csv(const Connection& connection) {
  std::string out = "alpha";
  for (const PathSplit& split : connection.path.splits)
    out += fmt::format(",{0}_error,{0}_loss", split_name(split.split));
  out += "\n";
  for (std::size_t i = 0; i < connection.path.alpha.size(); ++i) {
    out += fmt::format("{}", connection.path.alpha[i]);
    for (const PathSplit& split : connection.path.splits)
      out += fmt::format(",{},{}", error(split.along[i]), split.along[i].loss());
    out += "\n";
  }
  return out;
}

std::string connection_svg(const Connection& connection) {
  Plot plot;
  plot.title = fmt::format("{} to {}", file_part(connection.a, true), file_part(connection.b, true));
  plot.x = {.label = "alpha: 0 is the first network, 1 the second"};
  plot.y = {.label = "error", .unit = "%", .least = 0, .greatest = 100};
  for (const PathSplit& split : connection.path.splits) {
    PlotSeries series{.name = split_name(split.split), .points = {}, .marks = false};
    for (std::size_t i = 0; i < split.along.size(); ++i)
      series.points.push_back({connection.path.alpha[i], 100 * error(split.along[i])});
    plot.series.push_back(series);
  }
  return to_svg(plot);
}

std::string connection_name(const Connection& connection) {
  return file_part(connection.a, false) + "--" +
         file_part(connection.b, run_name(connection.a.name) != run_name(connection.b.name));
}

}  // namespace coppice
