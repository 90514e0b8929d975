// Claims and what becomes of them: functions of published figures and measured accuracies alone.
#include "reproduce/claim.h"

#include <cmath>

#include <fmt/format.h>

namespace coppice {

namespace {

constexpr const char *kReproduced = "reproduced", *kNot = "not reproduced", *kUndecided = "undecided",
                     *kNotCompared = "not compared";

std::string percent(double density) { return fmt::format("{:.3g}%", 100 * density); }

std::string with_interval(double value, const std::optional<ConfidenceInterval>& interval, bool sign) {
  const std::string text = sign ? fmt::format("{:+.2f}", value) : fmt::format("{:.2f}", value);
  return interval ? fmt::format("{} ± {:.2f}", text, interval->half_width()) : text;
}

const MeasuredCurve* find(const Measured& measured, const std::string& name) {
  const auto found = measured.find(name);
  return found == measured.end() ? nullptr : &found->second;
}

const MeasuredPoint* find(const Measured& measured, const std::string& name, double density) {
  const MeasuredCurve* curve = find(measured, name);
  return curve ? point_at(*curve, density) : nullptr;
}

Judgement not_measured(Judgement out, const std::string& what) {
  out.verdict = kNotCompared;
  out.why = "nothing measured near " + what;
  return out;
}

/// A figure with a tolerance: `interval` is the measured one's.
const char* against_figure(double measured, const std::optional<ConfidenceInterval>& interval,
                           double published, double tolerance) {
  constexpr double kRounding = 1e-9;
  if (std::fabs(measured - published) <= tolerance + kRounding) return kReproduced;
  const bool reaches =
      interval && interval->low <= published + tolerance && interval->high >= published - tolerance;
  return reaches ? kUndecided : kNot;
}

struct Difference {
  double value = 0;
  std::optional<ConfidenceInterval> interval;
  bool enough = false;  ///< Replicates for a verdict.
};

Difference difference(const std::vector<double>& a, const std::vector<double>& b) {
  const Sample left = sample_of(a), right = sample_of(b);
  return {left.mean - right.mean, welch_interval(left, right),
          std::min(left.count, right.count) >= kVerdictReplicates};
}

Judgement too_few(Judgement out) {
  out.verdict = kUndecided;
  out.why = fmt::format("needs at least {} replicates", kVerdictReplicates);
  return out;
}

// The statement and the published figure of each kind of claim ...

Judgement words(const Accuracy& claim) {
  return {.statement = fmt::format("{} at {}", claim.curve, percent(claim.density)),
          .published = fmt::format("{:.2f}", claim.published)};
}
Judgement words(const Gain& claim) {
  return {.statement = fmt::format("{} above dense at {}", claim.curve, percent(claim.density)),
          .published = fmt::format("{:+.1f} pp", claim.published_pp)};
}
Judgement words(const Parts& claim) {
  return {.statement = fmt::format("{} falls below dense", claim.curve),
          .published = fmt::format("at {}", percent(claim.published))};
}
Judgement words(const Above& claim) {
  return {.statement = fmt::format("{} above {} at {}", claim.upper, claim.lower, percent(claim.density)),
          .published = "yes"};
}
Judgement words(const Within& claim) {
  const std::string how = claim.pp > 0 ? fmt::format("within {} pp of", claim.pp) : "never below";
  return {.statement = fmt::format("{} {} dense down to {}", claim.curve, how, percent(claim.down_to)),
          .published = "yes"};
}
Judgement words(const PartsFirst& claim) {
  return {.statement = fmt::format("{} falls below dense before {}", claim.first, claim.later),
          .published = "yes"};
}

// ... and the verdict on it.

Judgement verdict(const Accuracy& claim, const Measured& measured, Judgement out) {
  const MeasuredPoint* point = find(measured, claim.curve, claim.density);
  if (!point) return not_measured(out, percent(claim.density));
  const Sample sample = sample_of(point->accuracies);
  out.measured = with_interval(sample.mean, mean_interval(sample), false);
  out.verdict = against_figure(sample.mean, mean_interval(sample), claim.published, claim.tolerance_pp);
  return out;
}

Judgement verdict(const Gain& claim, const Measured& measured, Judgement out) {
  const MeasuredPoint* point = find(measured, claim.curve, claim.density);
  if (!point) return not_measured(out, percent(claim.density));
  const Difference gain = difference(point->accuracies, find(measured, claim.curve)->dense);
  out.measured = with_interval(gain.value, gain.interval, true) + " pp";
  out.verdict = against_figure(gain.value, gain.interval, claim.published_pp, claim.tolerance_pp);
  return out;
}

Judgement verdict(const Parts& claim, const Measured& measured, Judgement out) {
  const MeasuredCurve* curve = find(measured, claim.curve);
  if (!curve || curve->points.empty()) return not_measured(out, claim.curve);
  if (sample_of(curve->dense).count < kVerdictReplicates) return too_few(out);
  const double density = parting_density(*curve);
  out.measured = density > 0 ? "at " + percent(density)
                             : fmt::format("not down to {}", percent(curve->points.back().density));
  const bool near = density <= claim.published * claim.factor && density >= claim.published / claim.factor;
  out.verdict = near ? kReproduced : kNot;
  return out;
}

Judgement verdict(const Above& claim, const Measured& measured, Judgement out) {
  const MeasuredPoint *upper = find(measured, claim.upper, claim.density),
                      *lower = find(measured, claim.lower, claim.density);
  if (!upper || !lower) return not_measured(out, percent(claim.density));
  const Difference ahead = difference(upper->accuracies, lower->accuracies);
  out.measured = with_interval(ahead.value, ahead.interval, true) + " pp";
  if (!ahead.enough) return too_few(out);
  out.verdict = ahead.interval->low > 0 ? kReproduced : ahead.interval->high < 0 ? kNot : kUndecided;
  return out;
}

Judgement verdict(const Within& claim, const Measured& measured, Judgement out) {
  const MeasuredCurve* curve = find(measured, claim.curve);
  if (!curve || !point_at(*curve, claim.down_to)) return not_measured(out, percent(claim.down_to));
  const MeasuredPoint* last = point_at(*curve, claim.down_to);
  const MeasuredPoint* worst = nullptr;
  Difference lowest;
  bool surely_below = false;
  for (const MeasuredPoint& point : curve->points) {
    const Difference change = difference(point.accuracies, curve->dense);
    if (!change.enough) return too_few(out);
    surely_below |= change.interval->high < -claim.pp;
    if (!worst || change.value < lowest.value) worst = &point, lowest = change;
    if (&point == last) break;
  }
  out.measured = fmt::format("lowest {} pp, at {}", with_interval(lowest.value, lowest.interval, true),
                             percent(worst->density));
  constexpr double kRounding = 1e-9;
  out.verdict = lowest.value >= -claim.pp - kRounding ? kReproduced : surely_below ? kNot : kUndecided;
  return out;
}

Judgement verdict(const PartsFirst& claim, const Measured& measured, Judgement out) {
  const MeasuredCurve *first = find(measured, claim.first), *later = find(measured, claim.later);
  if (!first || !later || first->points.empty() || later->points.empty())
    return not_measured(out, claim.first + " and " + claim.later);
  if (sample_of(first->dense).count < kVerdictReplicates) return too_few(out);
  const double here = parting_density(*first), there = parting_density(*later);
  const auto text = [](double density) { return density > 0 ? "at " + percent(density) : "never"; };
  out.measured = text(here) + ", " + text(there);
  out.verdict = here > there ? kReproduced : here < there ? kNot : kUndecided;
  return out;
}

}  // namespace

bool is_shape(const Claim& claim) {
  return std::holds_alternative<Above>(claim) || std::holds_alternative<Within>(claim) ||
         std::holds_alternative<PartsFirst>(claim);
}

Judgement judge(const Line& line, const Measured& measured, bool figures_apply) {
  Judgement out =
      std::visit([&](const auto& claim) { return verdict(claim, measured, words(claim)); }, line.claim);
  out.known = line.known;
  if (!figures_apply && !is_shape(line.claim)) {
    out.verdict = kNotCompared;
    out.why = "other data or a shorter training than the figure's";
  }
  return out;
}

std::string count_verdicts(const std::vector<Judgement>& judgements) {
  const auto count = [&](const std::string& verdict) {
    return std::count_if(judgements.begin(), judgements.end(),
                         [&](const Judgement& one) { return one.verdict == verdict; });
  };
  const auto all = static_cast<std::ptrdiff_t>(judgements.size());
  return fmt::format("{} of {} lines reproduced, {} not, {} undecided; {} not compared.", count(kReproduced),
                     all - count(kNotCompared), count(kNot), count(kUndecided), count(kNotCompared));
}

}  // namespace coppice
