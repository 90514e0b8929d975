#include "coppice/train.h"

namespace coppice {

Tally& Tally::operator+=(const Tally& other) {
  examples += other.examples;
  loss_sum += other.loss_sum;
  correct += other.correct;
  return *this;
}

}  // namespace coppice
