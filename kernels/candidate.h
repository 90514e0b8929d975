#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels/cpu/isa.h"
#include "kernels/layer.h"

namespace coppice::kernels {

/// What a layer is to be run with.
struct Request {
  const Layer& layer;  ///< May go once a runner is made.
  std::int64_t images = 1;
  Layout in, out;   ///< The residual lies as the output does.
  int threads = 1;  ///< At most so many.
  Isa isa = kernels::isa();
};

/// A layer packed for one kernel, batch size and pair of layouts.
class Runner {
 public:
  virtual ~Runner() = default;
  /// `x`, `residual` (null unless the layer has one) and `y` as Layout describes them, 64-byte aligned, with
  /// kSlack floats behind each. Our own kernels allocate nothing here. Not for two threads at once.
  virtual void run(const float* x, const float* residual, float* y) = 0;
  virtual std::int64_t packed_bytes() const = 0;  ///< Of the weights as the kernel reads them.
  virtual std::string variant() const = 0;        ///< "8 vectors, 16 KB blocks, 2 threads"; may be empty.
};

/// One way of running layers. Own kernels and libraries stand in one list: tests, plans and benchmarks go
/// over it.
class Candidate {
 public:
  virtual ~Candidate() = default;
  virtual std::string name() const = 0;  ///< "offset-spmm", "libtorch", ...
  virtual bool sparse() const = 0;       ///< Its work is on the nonzeros alone.
  /// Empty where it can serve the request, else the reason.
  virtual std::string refusal(const Request& request) const = 0;
  /// The variants worth timing for a request that is not refused; at least one, the likeliest first.
  virtual std::vector<std::unique_ptr<Runner>> make(const Request& request) const = 0;
};

using Candidates = std::vector<std::shared_ptr<const Candidate>>;

/// Our own CPU kernels.
Candidates cpu_candidates();

}  // namespace coppice::kernels
