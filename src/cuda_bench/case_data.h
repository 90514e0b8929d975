#pragma once
#include <map>
#include <vector>

#include "cuda_bench/cases.h"
#include "cuda_bench/layer_data.h"
#include "kernels/cuda/memory.h"

namespace coppice {

/// A case in one precision: what a kernel is fed and what it must give.
class CaseData {
 public:
  /// `images` in PyTorch's order, not yet rounded. The layer must stay.
  CaseData(const CudaCase& what, const kernels::Layer& layer, const std::vector<float>& images,
           kernels::Precision precision);

  kernels::Precision precision() const { return precision_; }
  const OutputCheck& check() const { return check_; }
  /// On the device, made once for each layout. Throws CudaError.
  const kernels::DeviceBuffer& input(kernels::Layout layout);

 private:
  kernels::Precision precision_;
  const kernels::Layer& layer_;
  std::int64_t images_;
  std::vector<float> x_;
  OutputCheck check_;
  std::map<kernels::Order, kernels::DeviceBuffer> inputs_;
};

}  // namespace coppice
