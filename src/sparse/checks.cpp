#include "sparse/checks.h"

#include "coppice/error.h"
#include "coppice/prune.h"

#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace coppice {

void check_finite(const Tensors& tensors, const std::string& where) {
  for (const auto& [name, tensor] : tensors) {
    if (tensor.dtype != DType::kF32) continue;
    const auto values = tensor.as<float>();
    for (std::size_t i = 0; i < values.size(); ++i)
      if (!std::isfinite(values[i]))
        throw BadInput(fmt::format("{}: the tensor '{}' holds {} at index {}; did its training diverge?",
                                   where, name, values[i], i));
  }
}

void check_masks(const Masks& masks, const Tensors& tensors, const std::string& where) {
  for (const NamedMask& named : masks) {
    const auto found = tensors.find(named.name);
    if (found == tensors.end())
      throw BadInput(
          fmt::format("{}: there is a mask for '{}' but no such tensor; was the mask written for "
                      "another network?",
                      where, named.name));
    const Tensor& tensor = found->second;
    if (tensor.shape != named.mask.shape())
      throw BadInput(
          fmt::format("{}: the mask of '{}' has shape [{}], but the weight has shape [{}]; was "
                      "the mask written for another network?",
                      where, named.name, fmt::join(named.mask.shape(), ", "), fmt::join(tensor.shape, ", ")));
    if (tensor.dtype != DType::kF32)
      throw BadInput(fmt::format("{}: the masked tensor '{}' holds {}, but weights are F32", where,
                                 named.name, dtype_name(tensor.dtype)));
    if (const std::int64_t count = nonzero_pruned({named}, tensors); count > 0)
      throw BadInput(
          fmt::format("{}: weight '{}' has {} weights that its mask prunes and that are not 0; "
                      "was the mask written for another checkpoint?",
                      where, named.name, count));
  }
}

}  // namespace coppice
