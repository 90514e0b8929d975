#include "ticket/early/early_search.h"

#include <algorithm>

#include <fmt/format.h>

#include "ticket/cost.h"
#include "ticket/dense.h"
#include "ticket/early/scout.h"
#include "ticket/level.h"
#include "ticket/retrain.h"
#include "ticket/stable_point.h"

namespace coppice {

namespace {

/// By level: the mean over replicates of the short run's accuracy less the dense network's.
std::vector<double> mean_gaps(const std::vector<Scout>& scouts) {
  std::vector<double> gaps(scouts.front().sightings().size());
  for (const Scout& scout : scouts) {
    for (std::size_t level = 0; level < gaps.size(); ++level)
      gaps[level] += scout.sightings()[level].gap_pp() / static_cast<double>(scouts.size());
  }
  return gaps;
}

void tell(const Session& session, const Scout& scout) {
  const Sighting& seen = scout.sightings().back();
  const double settled = session.config.search.settled;
  session.note(fmt::format(
      "short run, step {}, {:.1f}% kept: the next mask {} after {} draw{} ({:.3f} of the weights to be "
      "pruned "
      "changed in the last; {} at {:.3f}){}",
      seen.step, 100 * seen.density, seen.change <= settled ? "settled" : "had not settled", seen.draws,
      seen.draws == 1 ? "" : "s", seen.change, "settled", settled,
      seen.dense ? fmt::format("; validation {:+.2f} pp to dense at this step", seen.gap_pp()) : ""));
}

/// Level by level in all replicates, so that all of them decide together and none goes further than needed.
std::vector<double> scout(Session& session, std::vector<Scout>& scouts) {
  const double tolerance = session.config.search.tolerance_pp;
  std::vector<double> gaps;
  while (!limit_passed(gaps, tolerance)) {
    std::vector<bool> went;
    for (Scout& scout : scouts) {
      went.push_back(scout.advance());
      if (went.back()) tell(session, scout);
    }
    // A level counts where every replicate reached it.
    if (std::find(went.begin(), went.end(), false) != went.end()) break;
    gaps = mean_gaps(scouts);
  }
  return gaps;
}

LevelRecord train_ticket(Session& session, std::int64_t level, const Scout& scout) {
  const LevelRecord& seen = scout.records()[static_cast<std::size_t>(level)];
  return session.train(retraining(session, "", seen.replicate, level, seen.masks));
}

/// Tickets of an earlier call with another extent: they are part of the folder, and of the curve.
void read_other_levels(Session& session, const Scout& scout) {
  std::vector<LevelRecord>& records = session.result.records;
  for (const LevelRecord& seen : scout.records()) {
    const bool known = std::any_of(records.begin(), records.end(), [&](const LevelRecord& record) {
      return record.replicate == seen.replicate && record.level == seen.level;
    });
    const auto found = known
                           ? std::nullopt
                           : finished_level(session.paths.replicate(seen.replicate).level(seen.level), true);
    if (found && found->masks == seen.masks) records.push_back(*found);
  }
}

}  // namespace

void search_early(Session& session) {
  SearchResult& result = session.result;
  std::vector<Scout> scouts;
  for (std::int64_t replicate = 1; replicate <= session.config.replicates; ++replicate) {
    result.records.push_back(session.train(
        dense_training(session, replicate, full_masks(session.network, session.config.prune.exclude))));
    session.write_curve();
    settle_rewind_point(session, true);
    scouts.emplace_back(session, replicate);
  }
  const std::vector<double> gaps = scout(session, scouts);
  for (const Scout& scout : scouts) {
    result.scouts.insert(result.scouts.end(), scout.records().begin(), scout.records().end());
    session.skip(session.plan.steps_per_short_run - scout.records().back().final.step);
  }
  std::int64_t level = sparsest_promising(gaps, session.config.search.tolerance_pp);
  if (level == 0) session.note("no level of the short run keeps up with the dense network");
  for (std::int64_t attempt = 1; level > 0 && attempt <= session.config.search.attempts; ++attempt, --level) {
    if (attempt > 1) session.skip(-session.config.replicates * session.plan.steps_per_retraining);
    session.note(fmt::format("ticket: level {}, {:+.2f} pp to dense in the short run and its neighbours",
                             level, smoothed(gaps)[static_cast<std::size_t>(level)]));
    for (const Scout& scout : scouts) result.records.push_back(train_ticket(session, level, scout));
    if (choose_ticket(result.records, session.config.search.tolerance_pp, {}, kEarlyDoubt).level > 0) break;
  }
  for (const Scout& scout : scouts) read_other_levels(session, scout);
  const auto place = [](const LevelRecord& record) { return std::pair(record.replicate, record.level); };
  std::sort(result.records.begin(), result.records.end(),
            [&](const LevelRecord& a, const LevelRecord& b) { return place(a) < place(b); });
  session.write_curve();
}

void count_short_runs(Ticket& ticket, const SearchResult& result) {
  std::vector<LevelRecord> own = result.scouts;
  for (const LevelRecord& record : result.records) {
    if (record.level > 0) own.push_back(record);
  }
  Expense cost = cost_of(own);
  ticket.steps = ticket.dense_steps + cost.steps;
  ticket.time_s = ticket.dense_time_s + cost.time_s;
  ticket.energy = total_energy({ticket.dense_energy, cost.energy});
  if (const auto& rewind = result.rewind_search) {
    cost.steps += rewind->steps;
    cost.time_s += rewind->time_s;
    cost.energy = total_energy({cost.energy, rewind->energy});
  }
  ticket.without_dense = cost;
}

}  // namespace coppice
