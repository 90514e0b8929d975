#pragma once
#include <string>
#include <vector>

#include "kernels/cuda/libraries/cudnn_descriptor.h"

namespace coppice::kernels {

/// The knobs that a configuration sets: "tile size 3, stages 4"; empty where the engine sets all of them.
std::string knobs_text(const CudnnDescriptor& configuration);

/// An engine's configurations with every setting of its knobs that cuDNN accepts, or none where there are
/// more than `most` settings. Throws CudaError.
std::vector<CudnnDescriptor> all_settings(const CudnnDescriptor& engine, std::int64_t most);

}  // namespace coppice::kernels
