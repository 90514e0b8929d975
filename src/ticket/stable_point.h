#pragma once
#include "coppice/connect.h"

#include <optional>

#include "ticket/session.h"

namespace coppice {

/// The rewind point that retrain.rewind_to = "auto" leads to, and how it was found: the content of
/// stable.json.
///
/// It is the earliest step from which two trainings of the dense network with different batch orders stay
/// linearly connected (Frankle et al. 2020), among those of `stable_grid` and found as `first_stable` says,
/// decided for replicate 1 and used for all. Where none is stable it is the last of them, and `stable` is
/// false.
struct StablePoint {
  std::int64_t step = 0;
  bool stable = true;
  std::vector<std::int64_t> candidates;
  std::vector<Parting> tried;  ///< In the order of the search.
  std::string rewind_sha256;   ///< Of replicate 1's rewind.safetensors.

  Expense cost() const;  ///< Of all copies.
};

/// Finds the point once replicate 1's dense training is done, writes its rewind.safetensors and stable.json,
/// tells the observer, and removes the snapshots. Goes on where an earlier call was interrupted.
StablePoint find_stable_point(Session& session);

/// One line about it, for people.
std::string told(const StablePoint& point);

/// What was found before; none where nothing was.
std::optional<StablePoint> read_stable_point(const RunPaths& paths);

/// Where the rewind point is still open: finds it, or reads it back, and settles session.plan and
/// session.result. `dense_is_done`: of replicate 1; before that nothing is looked for.
void settle_rewind_point(Session& session, bool dense_is_done);

/// Counts what finding the rewind point took as part of what the search took.
void add_rewind_search(Ticket& ticket, const Expense& cost);

/// What is wrong with a run's stable point as its files have it; empty where nothing is. `length`: steps of
/// the dense training.
std::string check_stable_point(const RunPaths& paths, std::int64_t length);

}  // namespace coppice
