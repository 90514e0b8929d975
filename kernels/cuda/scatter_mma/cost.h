#pragma once
#include <cstdint>

#include "kernels/cuda/scatter_mma/pack.h"

namespace coppice::kernels {

/// What the kernel's work takes, in clocks of a multiprocessor that has its share of an H200's memory and
/// second-level cache: the busiest of shared memory (128 bytes a clock), tensor cores through mma.sync,
/// second-level cache and memory, with those of the other blocks of threads on the multiprocessor; and a
/// slice's chain of dependent steps, or its wait for memory where few stages are on their way. Derived, not
/// measured: good for choices between tilings.
class ScatterCost {
 public:
  ScatterCost(const ScatterTiling& tiling, int padded_images);
  double slice(std::int64_t groups) const;
  /// Of a part beside its slices: until its first words are there, and what it does with its sums.
  double part(bool one_of_several) const;
  /// Of the last of so many parts of a row block: it adds up their sums and stores them.
  double last(std::int64_t parts) const;

 private:
  ScatterTiling tiling_;
  double images_, sums_bytes_;
};

}  // namespace coppice::kernels
