#pragma once
#include <optional>
#include <vector>

#include "cuda_bench/contenders.h"
#include "measure/alternate.h"

namespace coppice {

/// Adds what our kernels among the contenders would need at both ends of a convolution whose neighbours have
/// plain activations, each once and checked: ready to be timed with caches as the case has them. One that
/// fails is listed as refused or wrong, by the name "convert". Linear layers need none. Throws
/// kernels::DeviceLost, and Interrupted on Ctrl-C.
void find_conversions(const CudaCase& what, const kernels::Layer& layer, Contenders& contenders,
                      const kernels::CudaDevice& device);

/// One of them, timed.
struct ConversionTime {
  std::string layouts;  ///< "plain -> images-last"
  std::int64_t bytes = 0, copies = 1;
  Interval seconds;
  TimeLimit
      limit;  ///< Its bytes at the memory's rate (L2's where caches are warm and all fit), and a launch.
  double attained = 0;
};

/// A kernel of ours with what turns its input from plain and its output to plain. Figures of the kernel alone
/// stand elsewhere; these are beside them.
struct WithConversions {
  std::string kernel;
  /// Empty where the kernel takes and gives plain activations.
  std::optional<ConversionTime> entry, exit;
  Interval seconds;  ///< Of all three, the sum of each round's samples.
  /// The best dense kernel's time in the same precision over that; empty where there is none.
  std::optional<Interval> over_dense;
};

/// The conversions that a contender of ours needs, by their places; none at an end where it needs none. Empty
/// where one that it needs is not among them.
struct NeededConversions {
  std::optional<std::size_t> entry, exit;
};
std::optional<NeededConversions> needed_conversions(const CudaCase& what, const Contender& contender,
                                                    const std::vector<Conversion>& conversions);

/// Series i belongs to contender i, those behind to conversions.
struct ConversionSamples {
  const std::vector<Contender>& contenders;
  const std::vector<Conversion>& conversions;
  const Alternation& samples;
};
/// What the samples say of our kernel in place `own`; `dense`: the best dense one's place. Empty where its
/// conversions were not timed.
std::optional<WithConversions> with_conversions(const CudaCase& what, std::size_t own,
                                                std::optional<std::size_t> dense, const ConversionSamples& of,
                                                const MachineRates& machine);

}  // namespace coppice
