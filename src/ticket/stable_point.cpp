#include "ticket/stable_point.h"

#include "coppice/checkpoint.h"
#include "coppice/error.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/files.h"
#include "base/sha256.h"
#include "base/text.h"
#include "measure/energy.h"
#include "ticket/copies.h"
#include "ticket/level.h"
#include "ticket/plan.h"
#include "ticket/record.h"
#include "ticket/stable_grid.h"

namespace coppice {

namespace fs = std::filesystem;

namespace {

Json to_json(const StablePoint& point) {
  Json json;
  json["step"] = point.step;
  json["stable"] = point.stable;
  json["connected_below_pp"] = kConnectedBelowPp;
  json["decided_on"] = split_name(deciding(point.tried.front().path).split);
  json["candidates"] = point.candidates;
  json["rewind_sha256"] = point.rewind_sha256;
  const Expense cost = point.cost();
  json["cost"] = {{"steps", cost.steps}, {"time_s", cost.time_s}, {"energy", coppice::to_json(cost.energy)}};
  for (const Parting& parting : point.tried) json["tried"].push_back(coppice::to_json(parting));
  return json;
}

StablePoint point_from_json(const Json& json) {
  StablePoint point;
  point.step = json.at("step").get<std::int64_t>();
  point.stable = json.at("stable").get<bool>();
  point.candidates = json.at("candidates").get<std::vector<std::int64_t>>();
  point.rewind_sha256 = json.at("rewind_sha256").get<std::string>();
  for (const Json& parting : json.at("tried")) point.tried.push_back(parting_from_json(parting));
  return point;
}

/// The rule itself, over barriers that `at` finds.
template <class At>
StablePoint search(std::int64_t length, const At& at) {
  StablePoint point;
  point.candidates = stable_grid(length);
  const auto found = first_stable(point.candidates, [&](std::int64_t step) {
    point.tried.push_back(at(step));
    return connected(point.tried.back().path);
  });
  point.stable = found.has_value();
  point.step = found.value_or(point.candidates.back());
  return point;
}

}  // namespace

Expense StablePoint::cost() const {
  Expense cost;
  std::vector<Energy> energy;
  for (const Parting& parting : tried) {
    cost.steps += parting.steps;
    cost.time_s += parting.time_s;
    energy.push_back(parting.energy);
  }
  cost.energy = total_energy(energy);
  return cost;
}

std::string told(const StablePoint& point) {
  const Expense cost = point.cost();
  const std::string price = fmt::format("finding it took {} steps of training, {}", grouped(cost.steps),
                                        duration_text(cost.time_s));
  if (point.stable)
    return fmt::format("rewind point: step {}, the earliest found stable; {}", point.step, price);
  return fmt::format("rewind point: step {}, the last one tried, for none up to it is stable; {}", point.step,
                     price);
}

StablePoint find_stable_point(Session& session) {
  const ReplicatePaths paths = session.paths.replicate(1);
  Copies copies(session, 1, {session.data.count(Split::kValidation) > 0 ? Split::kValidation : Split::kTrain},
                kPathExamples);
  StablePoint point = search(session.plan.steps_per_level, [&](std::int64_t step) {
    const Parting parting = copies.at(step);
    session.note(told(parting));
    return parting;
  });
  const Checkpoint checkpoint = read_checkpoint(copies.beginning(point.step).string());
  write_checkpoint(paths.rewind().string(), checkpoint.network, checkpoint.tensors,
                   {{"step", std::to_string(point.step)}});
  point.rewind_sha256 = sha256_of_file(paths.rewind());
  write_file_atomically(session.paths.stable(), to_json(point).dump(2) + "\n");
  session.note(told(point));
  return point;
}

std::optional<StablePoint> read_stable_point(const RunPaths& paths) {
  if (!fs::exists(paths.stable())) return std::nullopt;
  return reading(paths.stable(), point_from_json);
}

void settle_rewind_point(Session& session, bool dense_is_done) {
  if (!session.plan.rewind_open) return;
  std::optional<StablePoint> point = read_stable_point(session.paths);
  if (!point && !dense_is_done) return;
  if (point) {
    session.skip(point->cost().steps);
    session.note(told(*point) + " (done before)");
  } else {
    point = find_stable_point(session);
  }
  for (const std::int64_t step : point->candidates) remove_path(session.paths.replicate(1).snapshot(step));
  session.result.rewind_search = point->cost();
  settle_rewind_step(session.plan, session.config, point->step, point->cost().steps);
}

void add_rewind_search(Ticket& ticket, const Expense& cost) {
  ticket.rewind_search = cost;
  ticket.steps += cost.steps;
  ticket.time_s += cost.time_s;
  ticket.energy = total_energy({ticket.energy, cost.energy});
}

static bool same_hits(const Parting& a, const Parting& b) {
  if (a.path.splits.size() != b.path.splits.size()) return false;
  for (std::size_t i = 0; i < a.path.splits.size(); ++i) {
    const auto& left = a.path.splits[i].along;
    const auto& right = b.path.splits[i].along;
    if (!std::equal(left.begin(), left.end(), right.begin(), right.end(), [](const Tally& x, const Tally& y) {
          return x.correct == y.correct && x.examples == y.examples;
        }))
      return false;
  }
  return true;
}

std::string check_stable_point(const RunPaths& paths, std::int64_t length) {
  const std::optional<StablePoint> point = read_stable_point(paths);
  if (!point) return "skip: the search has not found its rewind point yet";
  for (const Parting& parting : point->tried) {
    if (parting.steps < length - parting.step)
      return fmt::format("a copy from step {} of {} cannot have taken {} steps", parting.step, length,
                         parting.steps);
    const LevelPaths copy = paths.replicate(1).copy(parting.step);
    if (fs::exists(copy.record())) finished_level(copy, true);  // throws where a file was changed
    if (fs::exists(copy.between()) && !same_hits(reading(copy.between(), parting_from_json), parting))
      return fmt::format("{}: is not what stable.json says of it", copy.between().string());
  }
  // The same search over what it found: the same questions in the same order, and the same answer.
  std::size_t asked = 0;
  const StablePoint again = search(length, [&](std::int64_t step) {
    const auto found = std::find_if(point->tried.begin(), point->tried.end(),
                                    [&](const Parting& parting) { return parting.step == step; });
    if (found == point->tried.end())
      throw BadInput(
          fmt::format("the search would have tried step {}, and stable.json has no such copy", step));
    ++asked;
    return *found;
  });
  if (asked != point->tried.size() || again.step != point->step || again.stable != point->stable ||
      again.candidates != point->candidates)
    return fmt::format("stable.json names step {}, its barriers lead to step {}", point->step, again.step);
  const fs::path rewind = paths.replicate(1).rewind();
  if (sha256_of_file(rewind) != point->rewind_sha256)
    return fmt::format("{}: was changed after it was written", rewind.string());
  return "";
}

}  // namespace coppice
