#include "coppice/train.h"

#include <cmath>

namespace coppice {

/// To a multiple of 2^-20. Sums of such numbers are exact, so a total does not depend on where training was
/// cut into pieces: a resumed run writes the same record as an uninterrupted one.
static double on_grid(double loss_sum) { return std::nearbyint(loss_sum * 0x1p20) * 0x1p-20; }

Tally& Tally::operator+=(const Tally& other) {
  examples += other.examples;
  loss_sum = on_grid(loss_sum) + on_grid(other.loss_sum);
  correct += other.correct;
  return *this;
}

}  // namespace coppice
