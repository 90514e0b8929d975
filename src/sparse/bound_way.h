#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "measure/alternate.h"
#include "sparse/tape.h"

namespace coppice {

/// One way of running a step, with activations of its own that it reads and writes.
struct BoundWay {
  Way way;
  std::vector<std::shared_ptr<Buffer>> buffers;  ///< The step's inputs, in order; then the output.
  std::function<void()> run;
};

BoundWay bind(const WayContext& context, const Tape& tape, const Step& step, Way way);

/// Alternates ways of one step in memory that is allocated anew in each of some rounds: where activations
/// happen to lie decides a few percent, and what was the fastest by that luck must prove it again. The rounds
/// are the groups of the result.
Alternation alternate_anew(const WayContext& context, const Tape& tape, const Step& step,
                           const std::vector<Way>& ways, AlternateOptions options);

}  // namespace coppice
