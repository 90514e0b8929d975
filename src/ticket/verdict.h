#pragma once
#include "coppice/ticket.h"

#include <string>
#include <vector>

namespace coppice {

/// The controls that a verdict knows, in the order in which they are shown.
struct Control {
  const char* branch;  ///< LevelRecord::branch
  const char* label;   ///< For people: "re-initialised".
};
const std::vector<Control>& known_controls();

/// "re-initialised" for "reinit"; a branch that is no known control is its own label.
std::string control_label(const std::string& branch);

/// What Ticket says in its fields of these names, of any level above 0.
struct Verdict {
  std::string verdict = "untested", why;
  Contest to_dense{};
  std::vector<Contest> controls;
};
Verdict verdict_on(std::int64_t level, const std::vector<LevelRecord>& records,
                   const std::vector<LevelRecord>& controls, double tolerance_pp);

/// Replicates of each side with which the 95% interval of a.mean - b.mean would lie above 0, or below
/// `tolerance`, with a probability of 80%, if means and spreads are what they were in a and b; 0 where a
/// thousand would not do. An estimate: spreads of three values are themselves uncertain by half.
std::int64_t replicates_to_decide(const Sample& a, const Sample& b, double tolerance);

}  // namespace coppice
