#pragma once
#include "coppice/config.h"
#include "coppice/data.h"
#include "coppice/energy.h"
#include "coppice/mask.h"
#include "coppice/network.h"
#include "coppice/prune.h"
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
  std::string branch;  ///< Empty: the search's own; else "reinit", "shuffle", ...: a control beside it.
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

/// The chosen level: ticket.json. Accuracies are means over replicates, in [0, 1].
struct Ticket {
  std::int64_t level = 0;  ///< 0: none matched, or nothing was held out to choose by.
  double density = 1;
  double accuracy = 0, dense_accuracy = 0;  ///< Validation where there is one, else test.
  double test_accuracy = 0, dense_test_accuracy = 0;
  double standard_error_pp = 0;  ///< Of the difference ticket - dense, percentage points.
  std::string verdict = "untested", why;
  double time_s = 0, dense_time_s = 0;
  std::int64_t steps = 0, dense_steps = 0;
  Energy energy, dense_energy;  ///< Of the whole search, and of its dense levels.
};

/// One row of the curve: a level over all replicates.
struct LevelSummary {
  std::int64_t level = 0, replicates = 0;
  double density = 1, effective_density = 1;
  double validation = 0, validation_sd = 0;  ///< Accuracy: mean and standard deviation over replicates.
  double test = 0, test_sd = 0;
  double time_s = 0;
};

/// Means over replicates of the levels that all of them reached.
std::vector<LevelSummary> summarise(const std::vector<LevelRecord>& records);

/// The sparsest level such that it and every denser one match dense on validation accuracy within
/// `tolerance_pp`; never looks at test accuracy to choose. The standard error is that of the difference to
/// dense: from the held-out count (binomial), or from the spread over replicates where that is larger.
Ticket choose_ticket(const std::vector<LevelRecord>& records, double tolerance_pp);

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
  std::vector<LevelRecord> records;   ///< The search's own levels.
  std::vector<LevelRecord> controls;  ///< Those of its controls.
  std::string ended;                  ///< Why the search ended before its last level; empty otherwise.
};

/// The network that a config asks for: from the registry or from [[model.layers]], for the data's images.
Network network_from_config(const ModelConfig& config, const Data& data);

/// What will be done, without doing it.
struct SearchPlan {
  std::vector<std::int64_t> kept;  ///< Per level, level 0 first.
  std::int64_t steps_per_epoch = 0, steps_per_level = 0, rewind_step = 0, total_steps = 0;
  std::int64_t steps_per_retraining = 0;  ///< Of a level from 1 on.
  std::int64_t score_step = 0;            ///< Where in a level's training its weights are scored.
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
