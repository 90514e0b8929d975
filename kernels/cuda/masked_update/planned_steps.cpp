#include "kernels/cuda/masked_update/planned_steps.h"

#include <stdexcept>

namespace coppice::kernels {

namespace {

bool has_momentum(const SgdStep& step) { return step.momentum != 0; }
bool has_momentum(const AdamStep&) { return false; }

}  // namespace

template <class Step>
PlannedSteps<Step>::PlannedSteps(const std::vector<Step>& steps) {
  if (steps.empty() || steps.size() > 0x7fffffff)
    throw std::invalid_argument("masked-update: no steps are planned, or too many");
  momentum_ = has_momentum(steps.front());
  std::vector<Rule> rules;
  for (const Step& step : steps) {
    if (has_momentum(step) != momentum_)
      throw std::invalid_argument("masked-update: some planned steps have a momentum, others have none");
    rules.push_back(rule_of_step(step));
  }
  last_ = static_cast<std::uint32_t>(steps.size() - 1);
  rules_ = on_device(rules);
  counts_ = DeviceBuffer(2 * sizeof(std::uint32_t));
  go_to(0);
}

template <class Step>
void PlannedSteps<Step>::go_to(std::int64_t done) {
  if (done < 0 || done > 0x7fffffff) throw std::invalid_argument("masked-update: no such step");
  const std::uint32_t counts[2] = {static_cast<std::uint32_t>(done), 0};
  counts_.upload(counts, sizeof counts);
}

template <class Step>
std::int64_t PlannedSteps<Step>::done() const {
  return on_host<std::uint32_t>(counts_).front();
}

template <class Step>
void PlannedSteps<Step>::describe(UpdateProblem<Rule>& problem) {
  problem.planned = rules_.template as<Rule>();
  problem.last = last_;
  problem.done = counts_.as<std::uint32_t>();
  problem.arrived = problem.done + 1;
}

template class PlannedSteps<SgdStep>;
template class PlannedSteps<AdamStep>;

}  // namespace coppice::kernels
