#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels/cuda/devices.h"
#include "kernels/cuda/masked_update/masked_update.h"
#include "update_bench/update_data.h"

namespace coppice {

/// What a step of a contender leaves of pruned elements.
enum class Leaves {
  kZero,       ///< Zero in value and state: what training with masks asks for.
  kZeroValue,  ///< Zero in value alone.
  kAnything,   ///< No masks.
};

/// One way of updating a network on the GPU, with so many copies of all of its arrays that are used in turn.
class Updater {
 public:
  virtual ~Updater() = default;
  virtual std::string name() const = 0;     ///< "own", "fused, mask values", ...
  virtual std::string variant() const = 0;  ///< May be empty.
  virtual bool own() const = 0;
  virtual Leaves leaves() const = 0;
  /// Queues one step of copy call % copies; can be captured. Throws CudaError or Failure.
  virtual void run(std::int64_t call, kernels::CudaStream stream) = 0;
  virtual std::vector<std::vector<float>> values() const = 0;  ///< Of the first copy, tensor by tensor.
};
using Updaters = std::vector<std::unique_ptr<Updater>>;

/// Our kernel, through planned steps, which are what works in a graph: where pruned elements may be anything,
/// and, where there are masks, where they are known to be zero. Throws CudaError.
Updaters own_updaters(const UpdateData& data, const kernels::CudaDevice& device, std::int64_t copies);

}  // namespace coppice
