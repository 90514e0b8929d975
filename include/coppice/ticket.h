#pragma once
#include "coppice/config.h"
#include "coppice/data.h"
#include "coppice/energy.h"
#include "coppice/mask.h"
#include "coppice/network.h"
#include "coppice/prune.h"
#include "coppice/statistics.h"
#include "coppice/train.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace coppice {

/// One evaluation during the training of a level.
struct Evaluation {
  std::int64_t step = 0;
  double epoch = 0;
  Tally train;                      ///< Training batches since the evaluation before.
  std::optional<Tally> validation;  ///< None where nothing is held out.
  Tally test;
  bool operator==(const Evaluation&) const = default;
};

/// What a finished level says of itself: the content of level.json.
struct LevelRecord {
  std::string branch;  ///< Empty: the search's own; else "reinit", "shuffle", ...: a control beside it; or
                       ///< "stable-000500": a copy that parts from the dense training there.
  std::int64_t replicate = 1, level = 0;
  Density density;
  Masks masks;
  Evaluation final;        ///< At the last step: what is scored, stored and compared.
  Evaluation early_stop;   ///< Where validation loss was smallest (test loss plays no part); `final` without
                           ///< validation.
  std::int64_t steps = 0;  ///< Trained in this level: the length less the rewind point, from level 1 on.
  double epochs = 0, time_s = 0;
  double busy = 0;  ///< CPU time of the process / (wall time x threads).
  Energy energy;    ///< Over time_s.
};

/// What some part of a search cost.
struct Expense {
  std::int64_t steps = 0;
  double time_s = 0;
  Energy energy;
};

/// A cheap search against the full iterative one of otherwise the same identity and as many replicates.
/// Ratios: the cheap search without its dense reference / the full one with all its levels.
struct Regret {
  double accuracy_pp = 0;  ///< Test accuracy of the full search's ticket less this one's; positive is worse.
  double validation_pp = 0;  ///< The same on the held-out images, on which both chose.
  std::int64_t levels = 0;   ///< The full search's level less this one's; positive is denser.
  double steps_ratio = 0, time_ratio = 0;
  double steps_ratio_to_ticket = 0;    ///< Against the full search's levels down to its ticket alone.
  std::optional<double> energy_ratio;  ///< Where both were counted or estimated in the same way.
  std::string run;                     ///< Name of the full search's folder.
};

/// The ticket's test accuracy beside that of something else, over replicates.
struct Contest {
  std::string against;                            ///< "dense" (level 0), or the branch of a control.
  std::int64_t replicates = 0;                    ///< Of the side that has fewer.
  double accuracy = 0;                            ///< Of the other: its mean, in [0, 1].
  double difference_pp = 0;                       ///< Ticket less other, means, percentage points.
  std::optional<ConfidenceInterval> interval_pp;  ///< Of the difference: 95%, Welch; none for one replicate.
  /// What the interval [low, high] says, with the tolerance t of the search.
  ///   of dense:     worse (high < -t), else matched
  ///   of a control: beaten (low > 0), else as-well (high <= t), else undecided
  /// and untested below kVerdictReplicates.
  std::string outcome = "untested";
};

/// Replicates that a verdict needs at least.
constexpr std::int64_t kVerdictReplicates = 3;

/// The chosen level: ticket.json. Accuracies are means over replicates, in [0, 1].
struct Ticket {
  std::int64_t level = 0;  ///< 0: none matched, or nothing was held out to choose by.
  double density = 1;
  double accuracy = 0, dense_accuracy = 0;  ///< Validation where there is one, else test.
  double test_accuracy = 0, dense_test_accuracy = 0;
  double standard_error_pp = 0;  ///< Of the difference ticket - dense, percentage points.
  /// On test accuracy, which chose nothing:
  ///   winning      it matches dense, and beats every control; re-initialised and shuffled are both needed
  ///   ratios       it matches dense, but a control that keeps only the layers' densities (shuffled, random
  ///                masks) does as well
  ///   not-winning  no level matches dense on validation; or the ticket is worse on test by more than the
  ///                tolerance; or the same masks do as well from fresh initial weights
  ///   untested     too few replicates, no controls or not both, or "undecided: ...", as `why` says
  std::string verdict = "untested", why;
  Contest to_dense{};
  std::vector<Contest> controls;
  double time_s = 0, dense_time_s = 0;
  std::int64_t steps = 0, dense_steps = 0;
  Energy energy, dense_energy;  ///< Of the whole search, and of its dense levels.
  /// Part of the whole: what finding the rewind point cost (retrain.rewind_to = "auto").
  std::optional<Expense> rewind_search;
  std::optional<Expense> without_dense;  ///< Early search, to which the dense network is but a reference.
  std::optional<Regret> regret;          ///< Early search: none where there is no full one to compare with.
};

/// One row of the curve: a level over all replicates.
struct LevelSummary {
  std::int64_t level = 0, replicates = 0;
  double density = 1, effective_density = 1;
  double validation = 0, validation_sd = 0;  ///< Accuracy: mean and standard deviation over replicates.
  double test = 0, test_sd = 0;
  /// Of the means, 95%, Student's t; none for one replicate.
  std::optional<ConfidenceInterval> validation_interval, test_interval;
  double time_s = 0;
};

/// Means over replicates of the levels that all of them reached. Of one branch: the search's own levels, or
/// those of one control.
std::vector<LevelSummary> summarise(const std::vector<LevelRecord>& records);

/// A control's levels over all replicates.
struct BranchSummary {
  std::string branch;
  std::vector<LevelSummary> levels;
};

/// The controls one by one, in the order reinit, shuffle, random, dense, others.
std::vector<BranchSummary> summarise_controls(const std::vector<LevelRecord>& controls);

/// The sparsest level such that it and every denser one match dense on validation accuracy within
/// `tolerance_pp`; never looks at test accuracy to choose. The standard error is that of the difference to
/// dense: from the held-out count (binomial), or from the spread over replicates where that is larger.
/// `controls` have no part in the choice, only in the verdict on it. `doubt`: a level may lie so many
/// standard errors beyond the tolerance; 0 for a whole curve of levels, kEarlyDoubt for the few of an early
/// search.
Ticket choose_ticket(const std::vector<LevelRecord>& records, double tolerance_pp,
                     const std::vector<LevelRecord>& controls = {}, double doubt = 0);

/// An early search trains one level that its signals promise: it is given up only on evidence against it,
/// since a miss of less than a standard error is as likely noise.
constexpr double kEarlyDoubt = 1;

/// Where a running search stands.
struct SearchProgress {
  std::string branch;  ///< As LevelRecord::branch.
  std::int64_t replicate = 1, replicates = 1, level = 0, levels = 0;
  std::int64_t step = 0, steps = 0;  ///< Of this level.
  double epoch = 0, steps_per_s = 0, density = 1;
  Tally train;  ///< Since the last evaluation.
  std::optional<Evaluation> last;
  double seconds_left = 0;  ///< Of the whole search.
};

/// Told what happens. All members do nothing unless overridden.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_progress(const SearchProgress&) {}
  virtual void on_level(const LevelRecord&, bool /*resumed: it was there already*/) {}
  virtual void on_note(const std::string&) {}
};

struct SearchOptions {
  std::string runs = "runs";  ///< Folder that holds run folders.
  std::string device = "auto";
  int threads = 0;              ///< 0: as the run was begun with, else all cores.
  bool accept_changes = false;  ///< Continue although threads, engine or libraries differ: other bits.
  bool keep_only_ticket =
      false;  ///< At the end delete the weights of levels other than dense, ticket and last.
  double save_interval_s = 30;  ///< A kill loses at most one epoch or this much of a level's training.
  Observer* observer = nullptr;
};

struct SearchResult {
  std::string folder;
  Ticket ticket;
  std::vector<LevelRecord> records;      ///< The search's own levels.
  std::vector<LevelRecord> controls;     ///< Those of its controls.
  std::optional<Expense> rewind_search;  ///< As Ticket::rewind_search.
  std::vector<LevelRecord> scouts;       ///< Early search: the levels of its short runs.
  std::string ended;                     ///< Why the search ended before its last level; empty otherwise.
};

/// The network that a config asks for: from the registry or from [[model.layers]], for the data's images.
Network network_from_config(const ModelConfig& config, const Data& data);

/// What will be done, without doing it.
struct SearchPlan {
  std::vector<std::int64_t> kept;  ///< Per level, level 0 first.
  std::int64_t steps_per_epoch = 0, steps_per_level = 0, rewind_step = 0, total_steps = 0;
  std::int64_t steps_per_retraining = 0;  ///< Of a level from 1 on.
  bool rewind_open = false;  ///< retrain.rewind_to = "auto": the rewind step is not known yet. Then it is 0
                             ///< here, and total_steps the most that it may come to.
  std::int64_t score_step = 0;           ///< Where in a level's training its weights are scored.
  std::int64_t draw_steps = 1;           ///< Early search: between masks drawn in the short runs.
  std::int64_t prune_from = 0;           ///< Early search: the short runs are dense until here.
  std::int64_t steps_per_short_run = 0;  ///< Early search: expected; signals decide.
};
/// Throws BadInput where the rewind point or the scoring point lies beyond the training's length.
SearchPlan plan_search(const Network& network, const Data& data, const Config& config);

/// Finds a winning ticket: train, prune, rewind, repeat (iterative magnitude pruning with rewinding, Frankle
/// & Carbin 2019, Frankle et al. 2020), in a folder <runs>/<name>-<hash> that resumes: the same call
/// continues where it stopped, and a greater extent (levels, replicates) continues the same folder. Throws
/// BadInput (config, data, a folder in use or begun under other conditions), Failure, Interrupted.
SearchResult find_ticket(const Network& network, const Data& data, const Config& config,
                         const SearchOptions& options);

/// Reads a run's folder back: its levels in order of (replicate, level), config and ticket. Throws BadInput.
struct RunContent {
  Config config;
  std::vector<LevelRecord> records, controls;
  std::optional<Ticket> ticket;
  std::string status;
  std::vector<LevelRecord> scouts = {};
};
RunContent read_run(const std::string& folder);

/// One check of `verify_run`.
struct Finding {
  std::string what;
  enum class Outcome { kOk, kSkipped, kBroken } outcome = Outcome::kOk;
  std::string detail;
};

/// Recomputes every invariant of a run from its files: checksums, counts, nesting, pruned weights exactly 0,
/// a rewind point equal to the initial tensors where it is step 0, survivors of level n + 1 chosen from level
/// n's weights exactly, the ticket chosen by the rule. Throws BadInput where the folder is no run.
std::vector<Finding> verify_run(const std::string& folder);

}  // namespace coppice
