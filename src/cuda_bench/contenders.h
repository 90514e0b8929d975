#pragma once
#include <memory>
#include <string>
#include <vector>

#include "cuda_bench/cases.h"
#include "cuda_bench/layer_data.h"
#include "kernels/cuda/timing/graph_timer.h"
#include "kernels/cuda/timing/rotation.h"

namespace coppice {

/// Every kernel that a machine has, ours and the libraries'.
struct CudaField {
  kernels::CudaCandidates own, libraries;
};

/// A candidate's fastest variant on one case, ready to be timed.
struct Contender {
  std::string kernel, variant, layouts;  ///< "packed-spmv", "8 lanes a row", "plain -> plain"
  bool own = false, sparse = false;
  kernels::Precision precision = kernels::Precision::kBf16;
  kernels::Layout in, out;
  std::int64_t packed_bytes = 0;
  double preparation_s = 0;
  std::int64_t copies = 1;                      ///< Gone round.
  std::int64_t all_bytes = 0;                   ///< Of all copies.
  std::shared_ptr<kernels::Rotation> rotation;  ///< Outlives the timer, which captured its work.
  std::shared_ptr<kernels::GraphTimer> timer;
};

/// A candidate that does not take part, and why.
struct Absence {
  std::string kernel;
  kernels::Precision precision;
  std::string why;
};

/// Activations turned from PyTorch's order to the one that a kernel of ours wants, or back, in a case's
/// precision.
struct Conversion {
  kernels::Layout from, to;
  std::int64_t bytes = 0;   ///< Read and written.
  std::int64_t copies = 1;  ///< Gone round.
  std::shared_ptr<kernels::Rotation> rotation;
  std::shared_ptr<kernels::GraphTimer> timer;
};

struct Contenders {
  std::vector<Contender> ready;
  std::vector<Conversion> conversions;  ///< That convolutions of ours among these would need.
  std::vector<Absence> refused;
  std::vector<Absence> wrong;  ///< Gave wrong outputs.
};

/// Asks every candidate in the case's precision, and dense libraries in the faster ones too, in convolutions
/// in bf16 also in FP32, in all layouts;
/// makes all variants, checks each one's output, and keeps the fastest by a short timing with caches as the
/// case has them. Throws kernels::DeviceLost, and Interrupted on Ctrl-C.
Contenders find_contenders(const CudaCase& what, const kernels::Layer& layer, const CudaField& field,
                           const kernels::CudaDevice& device);

/// Pairs of layouts of input and output in which a layer is tried: where there is one image or one pixel,
/// some are the same.
std::vector<std::pair<kernels::Layout, kernels::Layout>> layouts_to_try(const kernels::LayerShape& shape,
                                                                        std::int64_t images);

}  // namespace coppice
