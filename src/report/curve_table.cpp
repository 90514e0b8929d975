#include "report/curve_table.h"

#include <fmt/format.h>

#include "base/table.h"
#include "base/text.h"
#include "ticket/verdict.h"

namespace coppice {

namespace {

/// "88.20", or with half of its 95% interval "88.20 ± 0.35".
std::string with_half(const std::string& value, const std::optional<ConfidenceInterval>& interval) {
  return interval ? fmt::format("{} ± {:.2f}", value, interval->half_width()) : value;
}

std::string percent(double value, std::optional<ConfidenceInterval> interval) {
  if (interval) interval = ConfidenceInterval{100 * interval->low, 100 * interval->high};
  return with_half(fmt::format("{:.2f}", 100 * value), interval);
}

/// The change from `reference` to `value`, in percentage points.
std::string change(const LevelSummary& value, const LevelSummary& reference) {
  return with_half(fmt::format("{:+.2f}", 100 * (value.test - reference.test)),
                   welch_interval({value.replicates, 100 * value.test, 100 * value.test_sd},
                                  {reference.replicates, 100 * reference.test, 100 * reference.test_sd}));
}

const LevelSummary* find_level(const BranchSummary& branch, std::int64_t level) {
  for (const LevelSummary& row : branch.levels) {
    if (row.level == level) return &row;
  }
  return nullptr;
}

std::string verdict_word(const RunContent& run, std::int64_t level) {
  const Verdict verdict = verdict_on(level, run.records, run.controls, run.config.search.tolerance_pp);
  return verdict.why.starts_with("undecided") ? "undecided" : verdict.verdict;
}

}  // namespace

std::string curve_table(const RunContent& run) {
  const std::vector<LevelSummary> curve = summarise(run.records);
  const std::vector<BranchSummary> controls = summarise_controls(run.controls);
  const bool held_out = !run.records.empty() && run.records.front().final.validation.has_value();
  std::vector<std::string> headers = {"level", "kept %", "effective %"};
  if (held_out) headers.insert(headers.end(), {"validation %", "to dense"});
  headers.insert(headers.end(), {"test %", "to dense"});
  for (const BranchSummary& control : controls)
    headers.insert(headers.end(), {control_label(control.branch) + " %", "less it"});
  if (!controls.empty()) headers.emplace_back("verdict");
  headers.insert(headers.end(), {"time", ""});
  Table table(headers);
  for (const LevelSummary& row : curve) {
    const LevelSummary& dense = curve.front();
    std::vector<std::string> cells = {fmt::format("{}", row.level), fmt::format("{:.2f}", 100 * row.density),
                                      fmt::format("{:.2f}", 100 * row.effective_density)};
    if (held_out) {
      cells.push_back(percent(row.validation, row.validation_interval));
      cells.push_back(row.level == 0 ? ""
                                     : fmt::format("{:+.2f}", 100 * (row.validation - dense.validation)));
    }
    cells.push_back(percent(row.test, row.test_interval));
    cells.push_back(row.level == 0 ? "" : change(row, dense));
    for (const BranchSummary& control : controls) {
      const LevelSummary* same = find_level(control, row.level);
      cells.push_back(same ? percent(same->test, same->test_interval) : "");
      cells.push_back(same ? change(row, *same) : "");
    }
    if (!controls.empty()) cells.push_back(row.level == 0 ? "" : verdict_word(run, row.level));
    cells.push_back(duration_text(row.time_s));
    const bool chosen = run.ticket && run.ticket->level == row.level;
    cells.push_back(row.level == 0 ? "dense" : chosen ? "<- the ticket" : "");
    table.add_row(cells);
  }
  const std::int64_t replicates = curve.empty() ? 0 : curve.front().replicates;
  if (replicates < 2) return table.text();
  return table.text() +
         fmt::format(
             "Means of {} replicates, ± half of the 95% interval (Student's t; of differences Welch's).\n",
             replicates);
}

std::string ticket_text(const Ticket& ticket, std::int64_t replicates) {
  if (ticket.level == 0) return fmt::format("No ticket: {}.", ticket.why);
  const std::string chosen = fmt::format(
      "The ticket is level {}: {:.1f}% of the weights, {:.2f}% on test ({:+.2f} pp to dense{}); chosen on "
      "validation at {:+.2f} pp, standard error {:.2f} pp. The search took {} of training, {:.1f} times the "
      "dense network's.",
      ticket.level, 100 * ticket.density, 100 * ticket.test_accuracy,
      100 * (ticket.test_accuracy - ticket.dense_test_accuracy),
      replicates > 1 ? fmt::format(", mean of {} replicates", replicates) : "",
      100 * (ticket.accuracy - ticket.dense_accuracy), ticket.standard_error_pp, duration_text(ticket.time_s),
      ticket.dense_steps > 0 ? static_cast<double>(ticket.steps) / static_cast<double>(ticket.dense_steps)
                             : 0.0);
  if (ticket.controls.empty() && ticket.to_dense.replicates < 2) return chosen;
  return fmt::format("{}\nThe verdict is {}: {}.", chosen, ticket.verdict, ticket.why);
}

std::string energy_sentence(const Ticket& ticket, double carbon_g_per_kwh) {
  if (!ticket.energy.known()) return fmt::format("Energy: {}.", energy_text(ticket.energy));
  const std::string carbon = carbon_text(ticket.energy, carbon_g_per_kwh);
  return fmt::format("Energy: {} for the search, {} for the dense network{}{}.", energy_text(ticket.energy),
                     energy_text(ticket.dense_energy), carbon.empty() ? "" : "; ", carbon);
}

}  // namespace coppice
