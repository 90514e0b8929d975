// Recomputes a run's invariants from its files alone, by other means than the search where that is possible:
// a run that passes can be trusted even if the program that wrote it was killed, moved or tampered with on
// the way.
#include "coppice/checkpoint.h"

#include <fmt/format.h>

#include "base/sha256.h"
#include "base/text.h"
#include "ticket/controls.h"
#include "ticket/early/scout.h"
#include "ticket/plan.h"
#include "ticket/prune_level.h"
#include "ticket/record.h"
#include "ticket/retrain.h"
#include "ticket/run_again.h"
#include "ticket/stable_point.h"

namespace coppice {

namespace fs = std::filesystem;

namespace {

using Outcome = Finding::Outcome;

class Verification {
 public:
  explicit Verification(const std::string& folder) : paths_{folder}, content_(read_run(folder)) {}

  std::vector<Finding> run() {
    std::int64_t replicate = 0;
    for (std::size_t i = 0; i < content_.records.size(); ++i) {
      const LevelRecord& record = content_.records[i];
      const bool first = record.replicate != replicate;
      replicate = record.replicate;
      prefix_ = fmt::format("replicate {} level {}: ", record.replicate, record.level);
      own_files(record);
      if (first) {
        attempt("rewind point", [&] { return rewind_point(record); });
        attempt("first masks keep everything", [&] { return full(record); });
      } else {
        attempt("nesting", [&] { return nesting(content_.records[i - 1], record); });
        attempt("survivors", [&] { return survivors(pruned_for(record, content_.records[i - 1]), record); });
      }
    }
    short_runs();
    for (const LevelRecord& record : content_.controls) {
      prefix_ =
          fmt::format("replicate {} control {} level {}: ", record.replicate, record.branch, record.level);
      own_files(record);
      attempt("masks", [&] { return masks_of_control(record); });
    }
    prefix_.clear();
    if (content_.config.retrain.rewind_to.word == "auto") attempt("stable point", [&] { return stable(); });
    attempt("ticket", [&] { return ticket(); });
    return std::move(findings_);
  }

 private:
  /// A check returns what is wrong ("" if nothing); "skip: ..." where it cannot be made.
  template <class Check>
  void attempt(const std::string& what, const Check& check) {
    std::string detail;
    try {
      detail = check();
    } catch (const CannotRepeat& why) {
      detail = fmt::format("skip: {}", why.what());
    } catch (const Error& error) {
      detail = error.what();
    }
    Outcome outcome = detail.empty() ? Outcome::kOk : Outcome::kBroken;
    if (detail.starts_with("skip: ")) outcome = Outcome::kSkipped, detail = detail.substr(6);
    findings_.push_back({prefix_ + what, outcome, detail});
  }

  /// What holds of every level, whatever it is for.
  void own_files(const LevelRecord& record) {
    attempt("checksums", [&] { return checksums(record); });
    attempt("counts", [&] { return counts(record); });
    attempt("pruned weights are 0", [&] { return zeros(record); });
  }

  void short_runs() {
    for (std::size_t i = 0; i < content_.scouts.size(); ++i) {
      const LevelRecord& record = content_.scouts[i];
      prefix_ = fmt::format("replicate {} short run level {}: ", record.replicate, record.level);
      own_files(record);
      if (record.level == 0) {
        attempt("first masks keep everything", [&] { return full(record); });
        continue;
      }
      attempt("nesting", [&] { return nesting(content_.scouts[i - 1], record); });
      attempt("survivors", [&] { return survivors(content_.scouts[i - 1], record); });
    }
  }

  /// The training whose end a level's masks were drawn at: that of the level before, or in an early search
  /// the short run's.
  const LevelRecord& pruned_for(const LevelRecord& record, const LevelRecord& before) const {
    for (const LevelRecord& scout : content_.scouts) {
      if (scout.replicate == record.replicate && scout.level == record.level - 1) return scout;
    }
    return before;
  }

  LevelPaths files(const LevelRecord& record) const {
    return paths_.replicate(record.replicate).branch(record.branch).level(record.level);
  }

  std::string checksums(const LevelRecord& record) const {
    std::vector<std::string> changed;
    const LevelPaths paths = files(record);
    const Json json = read_json(paths.record());
    for (const std::string& name : vouched_files(record.branch, record.level)) {
      if (!json.at("sha256").contains(name)) return fmt::format("level.json has no sha256 of {}", name);
    }
    for (const auto& [name, sha256] : json.at("sha256").items()) {
      const fs::path file = paths.folder / name;
      const bool may_be_gone = file == paths.model() || file == paths.scored();
      if (may_be_gone && !fs::exists(file)) continue;  // zeros() says so
      if (sha256_of_file(file) != sha256.get<std::string>()) changed.push_back(file.string());
    }
    return changed.empty() ? "" : "changed after they were written: " + join(changed, ", ");
  }

  std::string counts(const LevelRecord& record) const {
    if (kept(record.masks) != record.density.kept || prunable(record.masks) != record.density.prunable) {
      return fmt::format("level.json says {} of {}, the masks {} of {}", record.density.kept,
                         record.density.prunable, kept(record.masks), prunable(record.masks));
    }
    const Json json = read_json(files(record).record());
    for (const Json& layer : json.at("layers")) {
      const Mask* mask = find(record.masks, layer.at("name").get<std::string>());
      if (mask && mask->kept() != layer.at("kept").get<std::int64_t>()) {
        return fmt::format("{}: level.json says {} kept, the mask {}", layer.at("name").get<std::string>(),
                           layer.at("kept").get<std::int64_t>(), mask->kept());
      }
    }
    return "";
  }

  std::string zeros(const LevelRecord& record) const {
    const fs::path model = files(record).model();
    if (!fs::exists(model)) return "skip: the weights were not kept (--keep ticket)";
    const std::int64_t wrong = nonzero_pruned(record.masks, read_checkpoint(model.string()).tensors);
    return wrong == 0 ? "" : fmt::format("{} pruned weights are not 0", wrong);
  }

  /// Rewinding to initialisation must give back the initial tensors bit for bit.
  std::string rewind_point(const LevelRecord& record) const {
    const ReplicatePaths paths = paths_.replicate(record.replicate);
    const Checkpoint init = read_checkpoint(paths.init().string()),
                     rewind = read_checkpoint(paths.rewind().string());
    if (init.network != rewind.network) return "init and rewind hold different networks";
    const auto found = read_stable_point(paths_);
    const Moment& to = content_.config.retrain.rewind_to;
    if (to.word == "auto" && !found) return "skip: not found yet";
    const auto step = rewind.metadata.find("step");
    if (found && (step == rewind.metadata.end() || step->second != std::to_string(found->step)))
      return fmt::format("does not hold step {}, the rewind point that was found", found->step);
    const bool at_init = found ? found->step == 0 : to.length == Length{};
    return at_init && init.tensors != rewind.tensors ? "is step 0 but differs from init" : "";
  }

  std::string full(const LevelRecord& record) const {
    return kept(record.masks) == prunable(record.masks) ? "" : "level 0 is not dense";
  }

  std::string nesting(const LevelRecord& before, const LevelRecord& after) const {
    return nested_in(after.masks, before.masks) ? "" : "keeps weights that the level before had pruned";
  }

  std::string survivors(const LevelRecord& before, const LevelRecord& after) {
    const fs::path model = scored_file(files(before));
    if (!fs::exists(model)) return "skip: the weights of the level before were not kept (--keep ticket)";
    auto rule = next_rule(content_.config, before.masks, before.level);
    if (!rule) rule = shrink_rule(content_.config.prune, before.masks);
    const std::uint64_t seed = replicate_seed(content_.config, before.replicate);
    const Checkpoint scored = read_checkpoint(model.string());
    const auto start = [&] {
      try {
        if (before.branch == kScoutBranch) {
          return read_checkpoint(scout_start(paths_.replicate(before.replicate), before.level).string())
              .tensors;
        }
        return level_start(content_.config, scored.network, paths_.replicate(before.replicate), seed,
                           before.level);
      } catch (const BadInput& missing) {
        throw CannotRepeat(missing.what());
      }
    };
    return prune_level({scored.network, content_.config, before.masks, scored.tensors, start,
                        [&]() -> const Data& { return again_.data(); }, [&] { return again_.device(); }, seed,
                        before.level},
                       *rule) == after.masks
               ? ""
               : "the masks are not the survivors that the level before's weights and the rule give";
  }

  std::string masks_of_control(const LevelRecord& control) const {
    for (const LevelRecord& record : content_.records) {
      if (record.replicate != control.replicate || record.level != control.level) continue;
      const std::uint64_t seed = replicate_seed(content_.config, record.replicate);
      return control_masks(control.branch, record.masks, seed) == control.masks
                 ? ""
                 : "are not those that the control makes of the level's";
    }
    return "the search has no such level";
  }

  std::string stable() const {
    if (content_.records.empty()) return "skip: no level is finished";
    return check_stable_point(paths_, content_.records.front().steps);
  }

  std::string ticket() const {
    if (!content_.ticket) return "skip: the search has not chosen one";
    const double doubt = content_.config.search.method == "early-bird" ? kEarlyDoubt : 0;
    const Ticket again =
        choose_ticket(content_.records, content_.config.search.tolerance_pp, content_.controls, doubt);
    if (again.level != content_.ticket->level)
      return fmt::format("ticket.json names level {}, the curve gives level {}", content_.ticket->level,
                         again.level);
    if (again.verdict != content_.ticket->verdict)
      return fmt::format("ticket.json's verdict is {}, the levels give {}", content_.ticket->verdict,
                         again.verdict);
    return "";
  }

  RunPaths paths_;
  RunContent content_;
  RunAgain again_{paths_, content_.config};
  std::string prefix_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> verify_run(const std::string& folder) { return Verification(folder).run(); }

}  // namespace coppice
