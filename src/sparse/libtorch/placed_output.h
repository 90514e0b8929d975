#pragma once
#include <cstddef>

namespace coppice {

/// Where LibTorch shall put the result of an operation that has no variant for that: within the scope, the
/// first tensor of exactly so many bytes that this thread makes lies at `place`. oneDNN's convolutions always
/// return new tensors; copying them would cost up to 15% more than the library takes.
///
/// Tensors so placed must be gone before the memory is. Scopes do not nest.
class PlacedOutput {
 public:
  PlacedOutput(float* place, std::size_t bytes);
  ~PlacedOutput();
  PlacedOutput(const PlacedOutput&) = delete;
  PlacedOutput& operator=(const PlacedOutput&) = delete;
};

}  // namespace coppice
