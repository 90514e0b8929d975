#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels/cuda/devices.h"
#include "kernels/cuda/stream.h"
#include "kernels/layer.h"

namespace coppice::kernels {

/// What weights and activations are stored as, and what their products are made with. Sums are FP32 always,
/// and so is the bias. Kernels are compared within one precision alone: like with like.
enum class Precision {
  kFp32,  ///< float; FP32 products.
  kTf32,  ///< float; operands may be rounded to TF32 (10 bits).
  kBf16,  ///< bf16 weights, inputs, residuals and outputs.
};
const char* precision_name(Precision precision);  ///< "fp32", "tf32", "bf16"
std::int64_t element_bytes(Precision precision);  ///< Of a weight or an activation.

/// What a layer is to be run with.
struct CudaRequest {
  const Layer& layer;  ///< May go once a runner is made.
  std::int64_t images = 1;
  Precision precision = Precision::kFp32;
  Layout in, out;  ///< Not kLanes. The residual lies as the output does; halos are kept as Layout says.
  const CudaDevice& device;
};

/// A layer packed on the device for one kernel, batch size, precision and pair of layouts.
class CudaRunner {
 public:
  virtual ~CudaRunner() = default;
  /// Queues the work. `x`, `residual` (null unless the layer has one) and `y` are the device's, as Layout
  /// describes them, with elements as the precision has them, 16-byte aligned; null or misaligned ones throw
  /// std::invalid_argument. Allocates nothing and waits for nothing, so that it can be captured in a graph.
  /// Throws CudaError.
  virtual void run(const void* x, const void* residual, void* y, CudaStream stream) = 0;
  /// Another of its kind with weights and workspace of its own: a benchmark goes round several, so that the
  /// weights come from memory and not from the cache.
  virtual std::unique_ptr<CudaRunner> replicate() const = 0;
  virtual std::int64_t packed_bytes() const = 0;  ///< Of the weights as the kernel reads them.
  virtual std::string variant() const = 0;        ///< "8 lanes a row, 256 threads"; may be empty.
  /// Of work that is done once and left out of timings (a library's analysis of the matrix, the search for an
  /// algorithm); 0 where packing is all. Beside it stands how many runs win it back.
  virtual double preparation_seconds() const { return 0; }
};

/// One way of running layers on a GPU. Own kernels and libraries stand in one list: tests, plans and
/// benchmarks go over it.
class CudaCandidate {
 public:
  virtual ~CudaCandidate() = default;
  virtual std::string name() const = 0;  ///< "packed-spmv", "cublaslt", ...
  virtual bool sparse() const = 0;       ///< Its work is on the nonzeros alone.
  /// Empty where it can serve the request, else the reason (architecture, shape, density, precision, a
  /// library that is not there). Looks at the device's description alone, so it can be asked without one.
  virtual std::string refusal(const CudaRequest& request) const = 0;
  /// The variants worth timing for a request that is not refused; at least one, the likeliest first. Throws
  /// CudaError.
  virtual std::vector<std::unique_ptr<CudaRunner>> make(const CudaRequest& request) const = 0;
};

using CudaCandidates = std::vector<std::shared_ptr<const CudaCandidate>>;

CudaCandidates own_cuda_candidates();  ///< Our own kernels; they run on the host too (kernels/cuda/on_host).
CudaCandidates cuda_library_candidates();  ///< cuSPARSE, cuBLASLt, cuDNN, ...

}  // namespace coppice::kernels
