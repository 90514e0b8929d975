#pragma once
#include "kernels/cuda/candidate.h"
#include "kernels/cuda/epilogue/epilogue.h"

namespace coppice::kernels {

/// What every runner of a library must know of its layer.
struct LibraryTask {
  Precision precision = Precision::kFp32;
  bool bias = false, residual = false, relu = false;
  ChannelPlaces outputs;

  explicit LibraryTask(const CudaRequest& request);
};

/// What the runners of all libraries share: the arguments are checked, the library's product runs, and our
/// epilogue follows with what the product could not take in.
class LibraryRunner : public CudaRunner {
 public:
  void run(const void* x, const void* residual, void* y, CudaStream stream) final;
  double preparation_seconds() const final { return preparation_seconds_; }
  void add_preparation(double seconds) { preparation_seconds_ += seconds; }

 protected:
  explicit LibraryRunner(const LibraryTask& task) : task_(task) {}

  virtual void product(const void* x, const void* residual, void* y, CudaStream stream) = 0;

  /// What run() is to do after the product; the device's bias (FP32, may be null) stays the caller's.
  struct Rest {
    const float* bias = nullptr;
    bool residual = false, relu = false;
    bool empty() const { return !bias && !residual && !relu; }
  };
  void leave_to_epilogue(const Rest& rest) { rest_ = rest; }
  bool has_epilogue() const { return !rest_.empty(); }
  const LibraryTask& task() const { return task_; }

 private:
  LibraryTask task_;
  Rest rest_;
  double preparation_seconds_ = 0;
};

}  // namespace coppice::kernels
