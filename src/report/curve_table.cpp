#include "report/curve_table.h"

#include <fmt/format.h>

#include "base/table.h"
#include "base/text.h"

namespace coppice {

static std::string percent(double value, double sd, std::int64_t replicates) {
  std::string text = fmt::format("{:.2f}", 100 * value);
  if (replicates > 1) text += fmt::format(" ± {:.2f}", 100 * sd);
  return text;
}

std::string curve_table(const std::vector<LevelSummary>& curve, bool held_out, std::int64_t ticket) {
  std::vector<std::string> headers = {"level", "kept %", "effective %"};
  if (held_out) headers.insert(headers.end(), {"validation %", "to dense"});
  headers.insert(headers.end(), {"test %", "to dense", "time", ""});
  Table table(headers);
  for (const LevelSummary& row : curve) {
    const LevelSummary& dense = curve.front();
    std::vector<std::string> cells = {fmt::format("{}", row.level), fmt::format("{:.2f}", 100 * row.density),
                                      fmt::format("{:.2f}", 100 * row.effective_density)};
    const auto change = [&](double value, double reference) {
      return row.level == 0 ? std::string() : fmt::format("{:+.2f}", 100 * (value - reference));
    };
    if (held_out) {
      cells.push_back(percent(row.validation, row.validation_sd, row.replicates));
      cells.push_back(change(row.validation, dense.validation));
    }
    cells.push_back(percent(row.test, row.test_sd, row.replicates));
    cells.push_back(change(row.test, dense.test));
    cells.push_back(duration_text(row.time_s));
    cells.push_back(row.level == 0 ? "dense" : row.level == ticket ? "<- the ticket" : "");
    table.add_row(cells);
  }
  return table.text();
}

std::string ticket_sentence(const Ticket& ticket, std::int64_t replicates) {
  if (ticket.level == 0) return fmt::format("No ticket: {}.", ticket.why);
  return fmt::format(
      "The ticket is level {}: {:.1f}% of the weights, {:.2f}% on test ({:+.2f} pp to dense{}); chosen on "
      "validation at "
      "{:+.2f} pp, standard error {:.2f} pp. The search took {} of training, {:.1f} times the dense "
      "network's{}.",
      ticket.level, 100 * ticket.density, 100 * ticket.test_accuracy,
      100 * (ticket.test_accuracy - ticket.dense_test_accuracy),
      replicates > 1 ? fmt::format(", mean of {} replicates", replicates) : "",
      100 * (ticket.accuracy - ticket.dense_accuracy), ticket.standard_error_pp, duration_text(ticket.time_s),
      ticket.dense_steps > 0 ? static_cast<double>(ticket.steps) / static_cast<double>(ticket.dense_steps)
                             : 0.0,
      ticket.rewind_search
          ? fmt::format("; {} of it to find the rewind point", duration_text(ticket.rewind_search->time_s))
          : "");
}

std::string energy_sentence(const Ticket& ticket, double carbon_g_per_kwh) {
  if (!ticket.energy.known()) return fmt::format("Energy: {}.", energy_text(ticket.energy));
  const std::string carbon = carbon_text(ticket.energy, carbon_g_per_kwh);
  return fmt::format("Energy: {} for the search, {} for the dense network{}{}.", energy_text(ticket.energy),
                     energy_text(ticket.dense_energy), carbon.empty() ? "" : "; ", carbon);
}

}  // namespace coppice
