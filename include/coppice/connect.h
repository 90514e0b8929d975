#pragma once
#include "coppice/mask.h"
#include "coppice/tensor.h"
#include "coppice/ticket.h"
#include "coppice/train.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace coppice {

/// Linear mode connectivity (Frankle, Dziugaite, Roy & Carbin 2020, "Linear Mode Connectivity and the Lottery
/// Ticket Hypothesis"): whether all networks on the straight line between two trained ones are about as good
/// as they are.

/// Networks looked at between the two ends, evenly spaced.
constexpr int kPathPoints = 30;
/// Two networks are linearly connected where the error barrier between them lies below this.
constexpr double kConnectedBelowPp = 2.0;

/// Examples of a split that paths are evaluated on, at most: a fixed selection, the same for every seed.
constexpr std::int64_t kPathExamples = 10000;

/// (1 - alpha) a + alpha b for each tensor of floating-point numbers, computed in double; others (BatchNorm's
/// batch counter) as in `a`. At 0 and 1 the very bits of a and b; where both are 0 (pruned), so is the
/// result.
///
/// BatchNorm's running statistics are interpolated like parameters, as averaging weights does. They are not
/// those of the interpolated network (activations of networks that differ cancel in part, so their true
/// variance is smaller: Jordan et al. 2022, "REPAIR"), which makes barriers of networks with BatchNorm higher
/// than with statistics measured anew, and networks that count as connected the more surely so.
///
/// Throws BadInput, naming the first difference, where names, shapes or types differ.
Tensors interpolate(const Tensors& a, const Tensors& b, double alpha);

/// The fraction of examples classified wrongly, in [0, 1].
double error(const Tally& tally);

/// The networks of a path, evaluated on one split.
struct PathSplit {
  Split split = Split::kValidation;
  std::vector<Tally> along;  ///< One for each alpha.

  /// max over the path of the error - mean of the errors at both ends, percentage points; at least 0.
  double error_barrier_pp() const;
  double loss_barrier() const;  ///< The same of the cross-entropy.
};

struct LinearPath {
  std::vector<double> alpha;  ///< From 0 (a) to 1 (b).
  std::vector<PathSplit> splits;
};

/// Evaluates `points` inner networks and both ends under `masks`, which hold whatever either end keeps.
/// `on_point` is told how many are done. Throws BadInput as `interpolate` does, and where a network on the
/// way is not the engine's; Interrupted on a signal.
LinearPath walk_path(Engine& engine, const Tensors& a, const Tensors& b, const Masks& masks,
                     const std::vector<Split>& splits, int points = kPathPoints,
                     const std::function<void(int done, int of)>& on_point = {});

/// "train", "validation", "test".
std::string split_name(Split split);

/// The split whose barrier decides: validation, or where nothing is held out the training examples. Never the
/// test set: what is decided here chooses rewind points. Throws Failure where the path has neither.
const PathSplit& deciding(const LinearPath& path);
/// Whether that barrier lies below kConnectedBelowPp.
bool connected(const LinearPath& path);

/// The dense training and a copy of it that parts from it before the update of `step` and sees other batches
/// from there on, to the end.
struct Parting {
  std::int64_t replicate = 1, step = 0;
  double epoch = 0;
  LinearPath path;         ///< From the dense training's last weights to the copy's.
  std::int64_t steps = 0;  ///< Cost of the copy and of walking the path.
  double time_s = 0;
  Energy energy;
};

/// Instability analysis (Frankle et al. 2020, section 3): how far apart trainings end that part at some
/// steps.
struct Instability {
  std::string folder;
  std::int64_t steps_per_epoch = 0, length = 0;  ///< Steps.
  std::vector<Parting> partings;                 ///< In order of (replicate, step).
  Expense cost;                                  ///< Of the dense trainings and all copies.
};

/// For each replicate of the config and each step of `from`: the barrier between the dense training and a
/// copy that parts from it there, on training, validation and test examples. Only what trains the dense
/// network counts (data, model, train, seed, replicates); it works in a folder of its own,
/// <runs>/instability-<name>-<hash>, where the same call goes on after an interruption, and what was done for
/// other steps stays. Throws as find_ticket, and BadInput where a step does not lie before the end of
/// training.
Instability find_instability(const Network& network, const Data& data, const Config& config,
                             const std::vector<Length>& from, const SearchOptions& options,
                             std::int64_t examples = kPathExamples);

/// A finished level of a run.
struct LevelName {
  std::string run;  ///< Folder.
  std::int64_t replicate = 1;
  std::string branch{};                 ///< As LevelRecord::branch.
  std::optional<std::int64_t> level{};  ///< None: the ticket, or where there is none the last one.
};

struct ConnectOptions {
  std::string device = "auto";
  int threads = 0;
  int points = kPathPoints;
  std::int64_t examples = kPathExamples;  ///< Of each split, at most; 0: all.
  bool any_masks = false;                 ///< Masks of which neither lies within the other will do.
  std::function<void(int done, int of)> on_point = {};
};

/// One end of a path: a LevelName with its level.
struct PathEnd {
  LevelName name;
  double density = 1;
  bool again = false;  ///< A copy of the level that was trained on other batches.
};

struct Connection {
  PathEnd a, b;
  /// What the networks between the ends may keep: "same": both ends' masks; "nested": the denser end's;
  /// "union": whatever either end keeps.
  std::string masks;
  LinearPath path;
  std::optional<Expense> cost{};  ///< Of training the copy, where one end is one.
};

/// The straight line between two finished levels, of one run or of two, on training, validation and test
/// examples. Throws BadInput where there is no such level, its weights were not kept, networks or data
/// differ, or (unless any_masks) neither end's masks lie within the other's.
Connection connect_levels(const LevelName& a, const LevelName& b, const ConnectOptions& options);

/// The same between a level of the search and a copy of it that begins alike, under the same mask, and sees
/// other batches: whether a ticket is stable, which it is where rewinding works (Frankle et al. 2020, section
/// 4). The copy is trained in <run>/connect/, where the same call goes on after an interruption; the run
/// itself is only read. Throws as connect_levels and find_ticket do, and BadInput for a level of a control.
Connection connect_again(const LevelName& level, const SearchOptions& search, const ConnectOptions& options);

}  // namespace coppice
