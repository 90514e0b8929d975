// From level records to one curve and one ticket. Only validation accuracy chooses; test accuracy is
// reported.
#include "coppice/error.h"
#include "coppice/ticket.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "ticket/cost.h"
#include "ticket/verdict.h"

namespace coppice {

namespace {

double validation_accuracy(const LevelRecord& record) {
  return record.final.validation ? record.final.validation->accuracy() : 0;
}

/// Records by level, of the levels that every replicate reached.
std::map<std::int64_t, std::vector<const LevelRecord*>> by_level(const std::vector<LevelRecord>& records) {
  std::map<std::int64_t, std::vector<const LevelRecord*>> levels;
  for (const LevelRecord& record : records) levels[record.level].push_back(&record);
  if (levels.empty()) return levels;
  const std::size_t replicates = levels.begin()->second.size();
  std::erase_if(levels, [&](const auto& level) { return level.second.size() != replicates; });
  return levels;
}

/// Standard error of mean accuracy differences to dense, in percentage points.
double standard_error_pp(const std::vector<const LevelRecord*>& level,
                         const std::vector<const LevelRecord*>& dense) {
  double p = 0, q = 0, examples = 0;
  std::vector<double> differences;
  for (std::size_t i = 0; i < level.size(); ++i) {
    const Tally& here = level[i]->final.validation ? *level[i]->final.validation : level[i]->final.test;
    const Tally& there = dense[i]->final.validation ? *dense[i]->final.validation : dense[i]->final.test;
    p += here.accuracy() / static_cast<double>(level.size());
    q += there.accuracy() / static_cast<double>(level.size());
    examples += static_cast<double>(here.examples);
    differences.push_back(here.accuracy() - there.accuracy());
  }
  const double binomial = examples > 0 ? std::sqrt((p * (1 - p) + q * (1 - q)) / examples) : 0;
  const double replicates = sample_of(differences).sd / std::sqrt(static_cast<double>(differences.size()));
  return 100 * std::max(binomial, replicates);
}

/// How it stands on validation, where replicates are too few to speak of test accuracy.
std::string on_validation(const Ticket& ticket) {
  return fmt::format(
      "{:.1f}% of the weights reach {:.2f}% on validation, {:+.2f} pp to dense (standard error {:.2f} pp)",
      100 * ticket.density, 100 * ticket.accuracy, 100 * (ticket.accuracy - ticket.dense_accuracy),
      ticket.standard_error_pp);
}

/// Why no level was chosen.
std::string why_none(const Ticket& ticket, bool held_out, double tolerance_pp) {
  if (!held_out) return "nothing was held out (data.validation = 0), so no level was chosen";
  return fmt::format(
      "no pruned level stays within {} pp of the dense network's validation accuracy ({:.2f}%)", tolerance_pp,
      100 * ticket.dense_accuracy);
}

}  // namespace

std::vector<LevelSummary> summarise(const std::vector<LevelRecord>& records) {
  std::vector<LevelSummary> curve;
  for (const auto& [level, same] : by_level(records)) {
    std::vector<double> validation, test;
    LevelSummary row;
    row.level = level;
    row.replicates = static_cast<std::int64_t>(same.size());
    row.density = row.effective_density = 0;
    const auto n = static_cast<double>(same.size());
    for (const LevelRecord* record : same) {
      validation.push_back(validation_accuracy(*record));
      test.push_back(record->final.test.accuracy());
      row.density += record->density.of_prunable / n;
      row.effective_density += record->density.effective / n;
      row.time_s += record->time_s / n;
    }
    const Sample v = sample_of(validation), t = sample_of(test);
    row.validation = v.mean, row.validation_sd = v.sd, row.test = t.mean, row.test_sd = t.sd;
    row.validation_interval = mean_interval(v), row.test_interval = mean_interval(t);
    curve.push_back(row);
  }
  return curve;
}

std::vector<BranchSummary> summarise_controls(const std::vector<LevelRecord>& controls) {
  std::vector<std::string> branches;
  for (const Control& control : known_controls()) branches.emplace_back(control.branch);
  for (const LevelRecord& record : controls) {
    if (std::find(branches.begin(), branches.end(), record.branch) == branches.end())
      branches.push_back(record.branch);
  }
  std::vector<BranchSummary> summaries;
  for (const std::string& branch : branches) {
    std::vector<LevelRecord> own;
    std::copy_if(controls.begin(), controls.end(), std::back_inserter(own),
                 [&](const LevelRecord& record) { return record.branch == branch; });
    if (!own.empty()) summaries.push_back({branch, summarise(own)});
  }
  return summaries;
}

Ticket choose_ticket(const std::vector<LevelRecord>& records, double tolerance_pp,
                     const std::vector<LevelRecord>& controls, double doubt) {
  const auto levels = by_level(records);
  if (levels.empty() || levels.begin()->first != 0)
    throw BadInput("no dense network (level 0) to compare with");
  const std::vector<LevelSummary> curve = summarise(records);
  const LevelSummary& dense = curve.front();
  const bool held_out = records.front().final.validation.has_value();

  const LevelSummary* chosen = &dense;
  for (const LevelSummary& row : curve) {
    // A hair of slack, so that a difference of exactly the tolerance matches whatever the rounding.
    const double allowed =
        tolerance_pp + (row.level > 0 ? doubt * standard_error_pp(levels.at(row.level), levels.at(0)) : 0);
    const bool matches = 100 * (dense.validation - row.validation) <= allowed + 1e-9;
    if (!held_out || !matches) break;
    chosen = &row;
  }
  Ticket ticket;
  ticket.level = chosen->level;
  ticket.density = chosen->density;
  ticket.accuracy = held_out ? chosen->validation : chosen->test;
  ticket.dense_accuracy = held_out ? dense.validation : dense.test;
  ticket.test_accuracy = chosen->test;
  ticket.dense_test_accuracy = dense.test;
  if (ticket.level > 0) ticket.standard_error_pp = standard_error_pp(levels.at(ticket.level), levels.at(0));
  std::vector<LevelRecord> dense_records;
  std::copy_if(records.begin(), records.end(), std::back_inserter(dense_records),
               [](const LevelRecord& record) { return record.level == 0; });
  const Expense all = cost_of(records), of_dense = cost_of(dense_records);
  ticket.steps = all.steps, ticket.time_s = all.time_s, ticket.energy = all.energy;
  ticket.dense_steps = of_dense.steps, ticket.dense_time_s = of_dense.time_s;
  ticket.dense_energy = of_dense.energy;
  if (ticket.level > 0) {
    Verdict verdict = verdict_on(ticket.level, records, controls, tolerance_pp);
    ticket.verdict = verdict.verdict;
    ticket.why =
        verdict.to_dense.outcome == "untested" ? on_validation(ticket) + "; " + verdict.why : verdict.why;
    ticket.to_dense = verdict.to_dense;
    ticket.controls = std::move(verdict.controls);
  } else {
    if (held_out && curve.size() > 1) ticket.verdict = "not-winning";
    ticket.why = why_none(ticket, held_out, tolerance_pp);
  }
  return ticket;
}

}  // namespace coppice
