#pragma once
#include "kernels/cpu/convert/moves.h"
#include "kernels/cpu/isa.h"
#include "kernels/layout.h"

namespace coppice::kernels {

/// A copy of activations into another layout, bit for bit, with everything but the floats worked out. `from`
/// and `to` have the same images, channels, height and width. It writes the interior of `to` alone: its halo
/// is 0 already. In Order::kLanes, lanes past the last image become 0. Nothing outside `from` is read, so it
/// needs no slack.
class Conversion {
 public:
  Conversion(const Activations& from, const Activations& to, Isa level = isa());
  /// Without overlap; on up to `threads` threads where there is enough to copy. Allocates nothing.
  void run(const float* x, float* y, int threads = 1) const;

 private:
  struct Part {
    Moves moves;
    std::int64_t from = 0, to = 0;  ///< Where it begins.
    std::int64_t floats = 0;
  };
  void add(const Moves& moves, std::int64_t from, std::int64_t to, std::int64_t floats);

  Isa level_;
  Part parts_[2];  ///< Whole blocks of lanes, then what is left in the last one; or one part for all.
  int count_ = 0;
};

/// A conversion made and run.
void convert(const Activations& from, const float* x, const Activations& to, float* y, int threads = 1,
             Isa level = isa());

}  // namespace coppice::kernels
