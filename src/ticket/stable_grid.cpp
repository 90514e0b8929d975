#include "ticket/stable_grid.h"

#include <algorithm>

namespace coppice {

std::vector<std::int64_t> stable_grid(std::int64_t length) {
  constexpr std::int64_t kFinest = 1024;
  std::vector<std::int64_t> steps = {0};
  for (std::int64_t part = kFinest; part >= 2; part /= 2) {
    const std::int64_t step = (length + part - 1) / part;
    if (step > steps.back() && step < length) steps.push_back(step);
  }
  return steps;
}

std::optional<std::int64_t> first_stable(const std::vector<std::int64_t>& candidates,
                                         const std::function<bool(std::int64_t step)>& is_stable) {
  if (is_stable(candidates.front())) return candidates.front();
  // Unstable at `low`; stable at `high`, or `high` lies beyond the last.
  std::size_t low = 0, high = candidates.size();
  while (high - low > 1) {
    const std::size_t middle = (low + high) / 2;
    (is_stable(candidates[middle]) ? high : low) = middle;
  }
  return high < candidates.size() ? std::optional(candidates[high]) : std::nullopt;
}

std::int64_t dearest_outcome(const std::vector<std::int64_t>& candidates, std::int64_t length,
                             const std::function<std::int64_t(std::int64_t found)>& steps_after) {
  std::int64_t dearest = 0;
  for (std::size_t answer = 0; answer <= candidates.size(); ++answer) {
    std::int64_t copies = 0;
    const auto found = first_stable(candidates, [&](std::int64_t step) {
      copies += length - step;
      return answer < candidates.size() && step >= candidates[answer];
    });
    dearest = std::max(dearest, copies + steps_after(found.value_or(candidates.back())));
  }
  return dearest;
}

}  // namespace coppice
