#include "cuda_bench/case_data.h"

namespace coppice {

CaseData::CaseData(const CudaCase& what, const kernels::Layer& layer, const std::vector<float>& images,
                   kernels::Precision precision)
    : precision_(precision),
      layer_(layer),
      images_(what.images),
      x_(as_stored(images, precision)),
      check_(layer, what.images, x_, precision) {}

const kernels::DeviceBuffer& CaseData::input(kernels::Layout layout) {
  kernels::DeviceBuffer& x = inputs_[layout.order];
  if (x.bytes() == 0)
    x = kernels::on_device(packed_activations(x_, layer_.input(images_, layout), precision_));
  return x;
}

}  // namespace coppice
