#pragma once
#include "coppice/mask.h"
#include "coppice/network.h"
#include "coppice/tensor.h"

#include <string>

namespace coppice {

/// Throws BadInput, naming the first tensor and index, where a number is infinite or not one.
void check_finite(const Tensors& tensors, const std::string& where);

/// Throws BadInput where a mask has no tensor, or another shape than it, or prunes weights that are not 0.
void check_masks(const Masks& masks, const Tensors& tensors, const std::string& where);

}  // namespace coppice
