// From accuracies over replicates to a verdict. Test accuracy is looked at here for the first time, after the
// ticket is chosen. An interval over replicates speaks of the network's and the data order's randomness on
// this test set; it does not speak of other test sets.
#include "ticket/verdict.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace coppice {

namespace {

/// What a control that does as well as the ticket would mean.
enum class Keeps { kMasks, kRatios, kDense };

Keeps what_is_kept(const std::string& branch) {
  if (branch == "reinit") return Keeps::kMasks;
  return branch == "dense" ? Keeps::kDense : Keeps::kRatios;
}

/// Test accuracies in percent of the records of one level.
Sample test_sample(const std::vector<LevelRecord>& records, const std::string& branch, std::int64_t level) {
  std::vector<double> values;
  for (const LevelRecord& record : records) {
    if (record.branch == branch && record.level == level)
      values.push_back(100 * record.final.test.accuracy());
  }
  return sample_of(values);
}

Contest contest(const std::string& against, const Sample& ticket, const Sample& other, double tolerance_pp) {
  Contest out;
  out.against = against;
  out.replicates = std::min(ticket.count, other.count);
  out.accuracy = other.mean / 100;
  out.difference_pp = other.count > 0 ? ticket.mean - other.mean : 0;
  out.interval_pp = welch_interval(ticket, other);
  if (out.replicates < kVerdictReplicates) return out;
  const auto [low, high] = *out.interval_pp;
  if (what_is_kept(against) == Keeps::kDense)
    out.outcome = high < -tolerance_pp ? "worse" : "matched";
  else
    out.outcome = low > 0 ? "beaten" : high <= tolerance_pp ? "as-well" : "undecided";
  return out;
}

/// "shuffled +0.31 pp (+0.12 to +0.50)"
std::string text(const Contest& contest) {
  return fmt::format("{} {:+.2f} pp ({:+.2f} to {:+.2f})", control_label(contest.against),
                     contest.difference_pp, contest.interval_pp->low, contest.interval_pp->high);
}

std::string texts(const std::vector<const Contest*>& contests) {
  std::vector<std::string> words;
  for (const Contest* one : contests) words.push_back(text(*one));
  return join(words, ", ");
}

std::vector<const Contest*> with_outcome(const std::vector<Contest>& controls, const std::string& outcome) {
  std::vector<const Contest*> found;
  for (const Contest& control : controls) {
    if (control.outcome == outcome) found.push_back(&control);
  }
  return found;
}

/// "; the shuffled control was not run on 3 replicates" for what a winning ticket still lacks, or nothing.
std::string lacking(const std::vector<Contest>& controls) {
  std::vector<std::string> missing;
  for (const char* needed : {"reinit", "shuffle"}) {
    const bool there = std::any_of(controls.begin(), controls.end(), [&](const Contest& control) {
      return control.against == needed && control.outcome != "untested";
    });
    if (!there) missing.push_back(control_label(needed));
  }
  if (missing.empty()) return "";
  return fmt::format("; the {} control{} not run on {} replicates", join(missing, " and the "),
                     missing.size() > 1 ? "s were" : " was", kVerdictReplicates);
}

std::string on_test(const Verdict& verdict, const Sample& mine, double density) {
  const Contest& dense = verdict.to_dense;
  return fmt::format(
      "{:.1f}% of the weights reach {:.2f}% on test over {} replicates, {:+.2f} pp to dense (95% interval "
      "{:+.2f} to {:+.2f})",
      100 * density, mine.mean, dense.replicates, dense.difference_pp, dense.interval_pp->low,
      dense.interval_pp->high);
}

std::string more_replicates(std::int64_t needed) {
  return needed > 0 ? fmt::format("{} replicates would be likely to decide", needed)
                    : "not even 1,000 replicates would be likely to decide";
}

/// Where enough replicates are there: verdict and why. `stands`: how it stands to dense; `needed`: replicates
/// to decide what is undecided.
void decide(Verdict& out, const std::string& stands, std::int64_t needed, double tolerance_pp) {
  const auto beaten = with_outcome(out.controls, "beaten"), as_well = with_outcome(out.controls, "as-well"),
             worse = with_outcome(out.controls, "worse"), undecided = with_outcome(out.controls, "undecided");
  const bool only_ratios = std::any_of(as_well.begin(), as_well.end(), [](const Contest* control) {
    return what_is_kept(control->against) == Keeps::kRatios;
  });
  const std::string missing = lacking(out.controls);
  if (out.to_dense.outcome == "worse") {
    out.verdict = "not-winning";
    out.why = fmt::format("{}: worse than the dense network by more than {} pp", stands, tolerance_pp);
  } else if (!worse.empty()) {
    out.verdict = "not-winning";
    out.why = fmt::format("{}, but worse than the dense network trained as long, by more than {} pp: {}",
                          stands, tolerance_pp, texts(worse));
  } else if (only_ratios) {
    out.verdict = "ratios";
    out.why = fmt::format(
        "{}, but masks with the same layer densities at other places do as well, the ticket less them: {}",
        stands, texts(as_well));
  } else if (!as_well.empty()) {
    out.verdict = "not-winning";
    out.why = fmt::format("{}, but its masks do as well from fresh initial weights, the ticket less them: {}",
                          stands, texts(as_well));
  } else if (!undecided.empty()) {
    out.why = fmt::format("undecided: {}, and less its controls {}; {}{}", stands, texts(undecided),
                          more_replicates(needed), missing);
  } else if (out.controls.empty()) {
    out.why = stands + "; no control has been run against it";
  } else if (!missing.empty()) {
    out.why = stands + (beaten.empty() ? "" : ", above " + texts(beaten)) + missing;
  } else {
    out.verdict = "winning";
    out.why = fmt::format("{}, and it beats every control: {}", stands, texts(beaten));
  }
}

}  // namespace

const std::vector<Control>& known_controls() {
  static const std::vector<Control> controls = {{"reinit", "re-initialised"},
                                                {"shuffle", "shuffled"},
                                                {"random", "random masks"},
                                                {"dense", "dense as long"}};
  return controls;
}

std::string control_label(const std::string& branch) {
  for (const Control& control : known_controls()) {
    if (control.branch == branch) return control.label;
  }
  return branch;
}

std::int64_t replicates_to_decide(const Sample& a, const Sample& b, double tolerance) {
  constexpr double kProbability = 0.8;
  constexpr std::int64_t kMost = 1000;
  const double difference = a.mean - b.mean, gap = std::max(difference, tolerance - difference);
  const auto enough = [&](std::int64_t n) {
    const WelchError error = welch_error({n, a.mean, a.sd}, {n, b.mean, b.sd});
    const double ends = student_t_quantile(0.975, error.degrees);
    return gap >= (ends + student_t_quantile(kProbability, error.degrees)) * error.standard_error;
  };
  if (!enough(kMost)) return 0;
  std::int64_t too_few = 1, sufficient = kMost;
  while (sufficient - too_few > 1) {
    const std::int64_t middle = (too_few + sufficient) / 2;
    (enough(middle) ? sufficient : too_few) = middle;
  }
  return sufficient;
}

Verdict verdict_on(std::int64_t level, const std::vector<LevelRecord>& records,
                   const std::vector<LevelRecord>& controls, double tolerance_pp) {
  Verdict out;
  const Sample mine = test_sample(records, "", level);
  out.to_dense = contest("dense", mine, test_sample(records, "", 0), tolerance_pp);
  std::int64_t needed = 1;
  for (const Control& control : known_controls()) {
    if (std::none_of(controls.begin(), controls.end(),
                     [&](const LevelRecord& record) { return record.branch == control.branch; }))
      continue;
    const Sample other = test_sample(controls, control.branch, level);
    out.controls.push_back(contest(control.branch, mine, other, tolerance_pp));
    if (out.controls.back().outcome != "undecided" || needed == 0) continue;
    const std::int64_t for_this = replicates_to_decide(mine, other, tolerance_pp);
    needed = for_this == 0 ? 0 : std::max(needed, for_this);
  }
  if (out.to_dense.outcome != "untested") {
    const auto same = std::find_if(records.begin(), records.end(),
                                   [&](const LevelRecord& record) { return record.level == level; });
    decide(out, on_test(out, mine, same->density.of_prunable), needed, tolerance_pp);
  } else if (out.controls.empty()) {
    out.why = "no control has been run against it";
  } else {
    out.why = fmt::format("a verdict needs at least {} replicates, here {}", kVerdictReplicates,
                          out.to_dense.replicates);
  }
  return out;
}

}  // namespace coppice
