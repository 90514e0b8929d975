#include "train/libtorch/version.h"

#include <torch/version.h>

namespace coppice {

std::string torch_version() { return TORCH_VERSION; }

}  // namespace coppice
