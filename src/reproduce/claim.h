#pragma once
#include <string>
#include <variant>

#include "reproduce/measured.h"

namespace coppice {

/// What a paper says, in a form that can be compared with what was measured. Curves are named as in Measured;
/// accuracies are test accuracies in percent, densities fractions of the prunable weights.

/// So accurate at this density.
struct Accuracy {
  std::string curve;
  double density = 1, published = 0, tolerance_pp = 0.5;
};

/// So much above the dense network at this density.
struct Gain {
  std::string curve;
  double density = 1, published_pp = 0, tolerance_pp = 0.5;
};

/// Below the dense network from this density on, give or take this factor.
struct Parts {
  std::string curve;
  double published = 1, factor = 1.6;
};

/// One above the other at this density.
struct Above {
  std::string upper, lower;
  double density = 1;
};

/// No further below the dense network than this, at every density measured down to this one.
struct Within {
  std::string curve;
  double pp = 0, down_to = 1;
};

/// One falls below the dense network at a greater density than the other, which may never do so.
struct PartsFirst {
  std::string first, later;
};

using Claim = std::variant<Accuracy, Gain, Parts, Above, Within, PartsFirst>;

/// One thing to reproduce.
struct Line {
  Claim claim;
  /// How the figure is known: 'F' read in the authors' files, 'S' in a secondary source, 'M' from memory.
  char known = 'F';
};

/// Of a measurement that may be compared with a claim, and what came of it.
struct Judgement {
  std::string statement;  ///< The claim, in words.
  char known = 'F';
  std::string published;   ///< The figure, or for a statement about shape "yes".
  std::string measured{};  ///< The same, with its 95% interval; empty where nothing near was measured.
  std::string verdict{};   ///< reproduced, not reproduced, undecided, not compared
  std::string why{};       ///< What decided, where that is not plain from the figures.
  bool operator==(const Judgement&) const = default;
};

/// Whether a claim speaks of the shape of curves, so that it can be asked of another data set and of shorter
/// training as well; else it names a figure, which cannot.
bool is_shape(const Claim& claim);

/// The verdict on one line.
///   Accuracy, Gain  reproduced where the mean is within the tolerance; undecided where only its 95% interval
///                   reaches there
///   Parts           reproduced where the curve parts from the dense network within the factor: at the
///                   greatest density measured from which on every level lies below dense with its interval
///   Above           reproduced where the 95% interval of the difference lies above 0, not where it lies
///   below Within          reproduced where no mean is further below dense; not where an interval is wholly
///   so PartsFirst      reproduced where the first parts at a greater density, not where the later one does
/// and undecided in between. Differences have Welch's intervals; claims about shape, and Parts, need
/// kVerdictReplicates on both sides.
///   figures_apply  the original data set and the full length: else figures are not compared
Judgement judge(const Line& line, const Measured& measured, bool figures_apply);

/// "7 of 9 lines reproduced, 1 not, 1 undecided; 3 not compared."
std::string count_verdicts(const std::vector<Judgement>& judgements);

}  // namespace coppice
