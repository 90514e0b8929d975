#include "ticket/early/signals.h"

#include <algorithm>
#include <cmath>

namespace coppice {

double disagreement(const Masks& a, const Masks& b, const Masks& survivors) {
  const auto alive = static_cast<double>(kept(survivors));
  const auto keep = static_cast<double>(kept(a));
  const double differ = distance(a, b) * static_cast<double>(prunable(survivors));
  const double most = 2 * std::min(keep, alive - keep);
  return most > 0 ? differ / most : 0;
}

std::optional<double> accuracy_near(const std::vector<Evaluation>& evaluations, std::int64_t step,
                                    std::int64_t window) {
  if (evaluations.empty() || step < evaluations.front().step) return std::nullopt;
  const std::int64_t last = evaluations.back().step, centre = std::min(step, last);
  std::int64_t reach = std::min(window, centre - evaluations.front().step);
  if (centre < last) reach = std::min(reach, last - centre);
  double sum = 0;
  int count = 0;
  for (const Evaluation& evaluation : evaluations) {
    if (std::abs(evaluation.step - centre) > reach) continue;
    sum += evaluation.validation->accuracy();
    ++count;
  }
  if (count > 0) return sum / count;
  // None so near: on the line between the two around it.
  const auto after = std::find_if(evaluations.begin(), evaluations.end(),
                                  [&](const Evaluation& evaluation) { return evaluation.step > centre; });
  const Evaluation &left = *(after - 1), &right = *after;
  const double share = static_cast<double>(centre - left.step) / static_cast<double>(right.step - left.step);
  return (1 - share) * left.validation->accuracy() + share * right.validation->accuracy();
}

std::vector<double> smoothed(const std::vector<double>& values) {
  std::vector<double> out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t from = i > 0 ? i - 1 : 0, to = std::min(i + 1, values.size() - 1);
    double sum = 0;
    for (std::size_t j = from; j <= to; ++j) sum += values[j];
    out.push_back(sum / static_cast<double>(to - from + 1));
  }
  return out;
}

std::int64_t sparsest_promising(const std::vector<double>& gaps_pp, double tolerance_pp) {
  const std::vector<double> gaps = smoothed(gaps_pp);
  for (std::size_t level = gaps.size(); level-- > 1;) {
    if (gaps[level] >= -tolerance_pp) return static_cast<std::int64_t>(level);
  }
  return 0;
}

bool limit_passed(const std::vector<double>& gaps_pp, double tolerance_pp) {
  const std::vector<double> gaps = smoothed(gaps_pp);
  return gaps.size() > 2 && gaps.back() < -tolerance_pp && gaps[gaps.size() - 2] < -tolerance_pp;
}

}  // namespace coppice
