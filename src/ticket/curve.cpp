#include "ticket/curve.h"

#include <fmt/format.h>

#include "base/plot.h"
#include "ticket/verdict.h"

namespace coppice {

/// An estimate says so wherever it stands.
static const char* kind_text(const Energy& energy) {
  switch (energy.kind) {
    case Energy::Kind::kMeasured: return energy.reliable ? "measured" : "measured (unreliable)";
    case Energy::Kind::kEstimate: return "ESTIMATE";
    case Energy::Kind::kUnavailable: break;
  }
  return "";
}

static std::string row(const LevelRecord& r) {
  const auto validation = [&](double (Tally::*value)() const) {
    return r.final.validation ? fmt::format("{}", ((*r.final.validation).*value)()) : std::string();
  };
  return fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{:.3f},{},{},{}\n", r.replicate, r.level,
                     r.density.of_prunable, r.density.of_total, r.density.effective, r.density.kept,
                     validation(&Tally::accuracy), r.final.test.accuracy(), validation(&Tally::loss),
                     r.final.test.loss(), r.early_stop.step, r.early_stop.test.accuracy(), r.steps, r.time_s,
                     r.energy.known() ? fmt::format("{:.3f}", r.energy.joules) : "", kind_text(r.energy),
                     r.branch.empty() ? "ticket" : r.branch);
}

std::string curve_csv(const std::vector<LevelRecord>& records, const std::vector<LevelRecord>& controls) {
  std::string out =
      "replicate,level,density_prunable,density_total,density_effective,kept,validation_accuracy,test_"
      "accuracy,validation_loss,test_loss,early_stop_step,early_stop_test_accuracy,steps,time_s,energy_j,"
      "energy_is,branch\n";
  for (const LevelRecord& record : records) out += row(record);
  for (const LevelRecord& record : controls) out += row(record);
  return out;
}

/// One curve of the picture. An empty level would have no place on a logarithmic axis and is left out.
static PlotSeries series_of(const std::string& name, const std::vector<LevelSummary>& levels) {
  PlotSeries series{.name = name, .points = {}};
  for (const LevelSummary& row : levels) {
    if (row.density <= 0) continue;
    PlotPoint point{.x = 100 * row.density, .y = 100 * row.test};
    point.note = fmt::format("{}level {}: {:.2f}% of the weights, {:.2f}%", name.empty() ? "" : name + ", ",
                             row.level, 100 * row.density, 100 * row.test);
    if (const auto& interval = row.test_interval) {
      point.low = 100 * interval->low, point.high = 100 * interval->high;
      point.note += fmt::format(" ({:.2f} to {:.2f})", *point.low, *point.high);
    }
    series.points.push_back(std::move(point));
  }
  return series;
}

std::string curve_svg(const std::vector<LevelSummary>& curve, const std::string& title,
                      const std::vector<BranchSummary>& controls) {
  Plot plot;
  plot.title = title + ": test accuracy over density";
  plot.x = {
      .label = "weights kept (of the prunable ones)", .unit = "%", .scale = Scale::kLog, .reversed = true};
  plot.x.shown = {100, 90};
  plot.y = {.label = "", .unit = "%", .least = 0, .greatest = 100};
  plot.series.push_back(series_of("ticket", curve));
  for (const BranchSummary& control : controls) {
    plot.series.push_back(series_of(control_label(control.branch), control.levels));
    plot.series.back().dashed = true;
  }
  if (!curve.empty()) plot.guides.push_back({.y = 100 * curve.front().test, .name = "dense"});
  return to_svg(plot);
}

}  // namespace coppice
