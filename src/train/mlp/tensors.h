#pragma once
#include "coppice/mask.h"
#include "coppice/tensor.h"

#include <cstdint>
#include <vector>

#include "train/mlp/layer.h"

namespace coppice {

/// Between the layers' packed arrays and tensors with PyTorch's names and shapes. Whatever is put into place
/// goes under the layers' masks.

/// Throws BadInput for a mask that fits no weight.
void check_masks(const std::vector<MlpLayer>& layers, const Masks& masks);

void put_parameters(std::vector<MlpLayer>& layers, const Tensors& tensors);
Tensors get_parameters(const std::vector<MlpLayer>& layers);

void clear_states(std::vector<MlpLayer>& layers);

/// Returns the number of updates since the state was zero. Throws BadInput unless `tensors` holds exactly the
/// optimiser's state.
std::int64_t put_states(std::vector<MlpLayer>& layers, const UpdateRule& rule, const Tensors& tensors);
Tensors get_states(const std::vector<MlpLayer>& layers, const UpdateRule& rule, std::int64_t updates);

}  // namespace coppice
