#include "report/instability_report.h"

#include <cmath>
#include <map>

#include <fmt/format.h>

#include "base/plot.h"
#include "base/table.h"
#include "base/text.h"
#include "measure/energy.h"
#include "ticket/copies.h"

namespace coppice {

namespace {

BarrierSummary summary(const std::vector<const Parting*>& partings, std::size_t split) {
  const auto n = static_cast<double>(partings.size());
  BarrierSummary out{partings.front()->path.splits[split].split};
  for (const Parting* parting : partings) out.mean_pp += parting->path.splits[split].error_barrier_pp() / n;
  double squares = 0;
  for (const Parting* parting : partings)
    squares += std::pow(parting->path.splits[split].error_barrier_pp() - out.mean_pp, 2);
  if (n > 1) out.sd_pp = std::sqrt(squares / (n - 1));
  return out;
}

/// The first row of which it and all after it are stable; none where the last is not.
const InstabilityRow* stable_from(const std::vector<InstabilityRow>& rows) {
  const InstabilityRow* first = nullptr;
  for (auto row = rows.rbegin(); row != rows.rend() && row->stable; ++row) first = &*row;
  return first;
}

}  // namespace

std::vector<InstabilityRow> summarise(const Instability& instability) {
  std::map<std::int64_t, std::vector<const Parting*>> by_step;
  for (const Parting& parting : instability.partings) by_step[parting.step].push_back(&parting);
  std::vector<InstabilityRow> rows;
  for (const auto& [step, partings] : by_step) {
    const LinearPath& path = partings.front()->path;
    InstabilityRow row{step, static_cast<std::int64_t>(partings.size()), partings.front()->epoch, {}, false};
    for (std::size_t split = 0; split < path.splits.size(); ++split) {
      row.barriers.push_back(summary(partings, split));
      if (path.splits[split].split == deciding(path).split)
        row.stable = row.barriers.back().mean_pp < kConnectedBelowPp;
    }
    rows.push_back(row);
  }
  return rows;
}

std::string instability_text(const Instability& instability) {
  const std::vector<InstabilityRow> rows = summarise(instability);
  const std::string decided_on = split_name(deciding(instability.partings.front().path).split);
  std::vector<std::string> headers = {"parting at step", "epoch"};
  for (const BarrierSummary& barrier : rows.front().barriers)
    headers.push_back("barrier on " + split_name(barrier.split) + ", pp");
  headers.emplace_back("");
  Table table(headers);
  for (const InstabilityRow& row : rows) {
    std::vector<std::string> cells = {grouped(row.step), fmt::format("{:.2f}", row.epoch)};
    for (const BarrierSummary& barrier : row.barriers) {
      cells.push_back(row.replicates > 1 ? fmt::format("{:.2f} ± {:.2f}", barrier.mean_pp, barrier.sd_pp)
                                         : fmt::format("{:.2f}", barrier.mean_pp));
    }
    cells.emplace_back(row.stable ? "stable" : "not stable");
    table.add_row(cells);
  }
  std::string out = table.text() + "\n";
  const InstabilityRow* stable = stable_from(rows);
  out += stable ? fmt::format("Stable from step {} on, of the steps tried", grouped(stable->step))
                : std::string("Not stable at the last of the steps tried");
  out += fmt::format(
      ": the mean error barrier on {} is {}below {} pp (copies end at step {}; {} replicate{}).\n",
      decided_on, stable ? "" : "not ", kConnectedBelowPp, grouped(instability.length),
      rows.front().replicates, rows.front().replicates == 1 ? "" : "s");
  return out + fmt::format("It took {} steps of training, {}; energy: {}.\n", grouped(instability.cost.steps),
                           duration_text(instability.cost.time_s), energy_text(instability.cost.energy));
}

nlohmann::ordered_json to_json(const Instability& instability) {
  nlohmann::ordered_json json;
  json["folder"] = instability.folder;
  json["steps_per_epoch"] = instability.steps_per_epoch;
  json["length"] = instability.length;
  json["decided_on"] = split_name(deciding(instability.partings.front().path).split);
  json["connected_below_pp"] = kConnectedBelowPp;
  const std::vector<InstabilityRow> rows = summarise(instability);
  const InstabilityRow* stable = stable_from(rows);
  json["stable_from"] = stable ? nlohmann::ordered_json(stable->step) : nlohmann::ordered_json();
  for (const InstabilityRow& row : rows) {
    nlohmann::ordered_json out = {{"step", row.step}, {"epoch", row.epoch}, {"replicates", row.replicates}};
    for (const BarrierSummary& barrier : row.barriers)
      out[split_name(barrier.split)] = {{"barrier_pp", barrier.mean_pp}, {"sd_pp", barrier.sd_pp}};
    out["stable"] = row.stable;
    json["steps"].push_back(out);
  }
  json["cost"] = {{"steps", instability.cost.steps},
                  {"time_s", instability.cost.time_s},
                  {"energy", to_json(instability.cost.energy)}};
  for (const Parting& parting : instability.partings) json["partings"].push_back(to_json(parting));
  return json;
}

std::string instability_csv(const Instability& instability) {
  std::string out = "replicate,step,epoch,split,barrier_pp,loss_barrier,error_at_0,error_at_1\n";
  for (const Parting& parting : instability.partings) {
    for (const PathSplit& split : parting.path.splits) {
      out += fmt::format("{},{},{},{},{},{},{},{}\n", parting.replicate, parting.step, parting.epoch,
                         split_name(split.split), split.error_barrier_pp(), split.loss_barrier(),
                         error(split.along.front()), error(split.along.back()));
    }
  }
  return out;
}

std::string instability_svg(const Instability& instability, const std::string& title) {
  Plot plot;
  plot.title = title + ": instability";
  plot.x = {.label = "step at which two trainings part", .scale = Scale::kLogFromZero};
  plot.y = {.label = "error barrier, percentage points", .shown = {0}, .least = 0};
  plot.guides = {{kConnectedBelowPp, "stable below"}};
  const std::vector<InstabilityRow> rows = summarise(instability);
  for (std::size_t split = 0; split < rows.front().barriers.size(); ++split) {
    PlotSeries series{.name = split_name(rows.front().barriers[split].split), .points = {}};
    for (const InstabilityRow& row : rows) {
      const BarrierSummary& barrier = row.barriers[split];
      PlotPoint point{.x = static_cast<double>(row.step), .y = barrier.mean_pp};
      point.note = fmt::format("step {}: {:.2f} pp", row.step, barrier.mean_pp);
      if (row.replicates > 1) {
        point.low = barrier.mean_pp - barrier.sd_pp;
        point.high = barrier.mean_pp + barrier.sd_pp;
      }
      series.points.push_back(point);
    }
    plot.series.push_back(series);
  }
  return to_svg(plot);
}

}  // namespace coppice
