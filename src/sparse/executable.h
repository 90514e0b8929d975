#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "sparse/buffer.h"
#include "sparse/way.h"

namespace coppice {

/// One operation of a plan: a step run in one way, or a value copied into another layout.
struct PlanOp {
  std::size_t step = 0;
  Way way;  ///< Its `run` is empty for a conversion.
  bool convert = false;
  std::size_t value = 0;  ///< Of a conversion.
  kernels::Layout from, to;
};

/// A program ready to run on one batch size: all memory is there from the start, and running allocates
/// nothing (but for what LibTorch's operations allocate, where a plan uses them).
class Executable {
 public:
  /// The operations in order of execution, beginning with value 0 as PyTorch has it and ending with the
  /// logits as PyTorch has them.
  Executable(const Program& program, std::int64_t images, int threads, std::vector<PlanOp> ops);

  /// images [n, channels, height, width], logits [n, classes]. Not for two threads at once.
  void run(const float* images, float* logits);

  std::int64_t image_floats() const { return image_floats_; }  ///< Of all images of a call.
  std::int64_t logit_floats() const { return logit_floats_; }
  std::int64_t activation_bytes() const;
  std::int64_t packed_bytes() const;

 private:
  struct Bound {
    Way way;
    std::function<void(const std::vector<const float*>&, float*)> run;
    std::vector<const float*> inputs;
    float* output = nullptr;
    bool reads_images = false;
  };
  std::vector<Bound> ops_;
  std::vector<std::unique_ptr<Buffer>> buffers_;
  bool copy_images_ = false;  ///< Into memory with the slack that kernels ask for.
  float* first_ = nullptr;
  const float* last_ = nullptr;
  std::int64_t image_floats_ = 0, logit_floats_ = 0;
};

}  // namespace coppice
