#include "train/libtorch/forward.h"

#include "coppice/error.h"

#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include "train/libtorch/torch_convert.h"
#include "train/libtorch/torch_network.h"
#include "train/libtorch/torch_scopes.h"

namespace coppice {

Tensor forward(const Network& network, const Tensors& weights, const Tensor& images) {
  check_tensors(network, weights, "the weights to evaluate");
  const Extent& input = network.input;
  if (images.dtype != DType::kF32 || images.shape.size() != 4 ||
      std::vector(images.shape.begin() + 1, images.shape.end()) !=
          std::vector{input.channels, input.height, input.width}) {
    throw BadInput(
        fmt::format("the images must be float32 [n, {}, {}, {}]", input.channels, input.height, input.width));
  }
  return guarded([&] {
    const c10::InferenceMode inference;
    const TorchNetwork model(network, /*own_norm=*/true);
    std::vector<at::Tensor> tensors;
    for (const TensorSpec& spec : model.specs()) tensors.push_back(to_torch(weights.at(spec.name)));
    at::Tensor x = to_torch(images);
    if (model.has_convolutions()) x = x.contiguous(at::MemoryFormat::ChannelsLast);
    return from_torch(model.run(x, tensors, nullptr));
  });
}

}  // namespace coppice
