#if __has_include(<cudnn.h>)
#include "kernels/cuda/libraries/cudnn_layers.h"

#include <limits>

#include "kernels/cuda/libraries/cudnn.h"
#include "kernels/cuda/libraries/product.h"

namespace coppice::kernels {

std::string cudnn_refusal(const CudaRequest& request) {
  const LayerShape& shape = request.layer.shape;
  if (shape.linear()) return "a linear layer, no convolution";
  if (request.in != request.out) return "activations whose order changes in the layer";
  if (request.in.halo != 0) return "activations with a halo";
  const Order order = request.in.order;
  const bool plain = order == Order::kPlain && request.precision != Precision::kBf16;
  const bool last = order == Order::kChannelsLast && request.precision != Precision::kFp32;
  if (!plain && !last) {
    return std::string("cuDNN is at its best in ") +
           (request.precision == Precision::kFp32   ? "plain order in fp32"
            : request.precision == Precision::kBf16 ? "channels-last order in bf16"
                                                    : "plain and channels-last order in tf32") +
           ", not in " + order_name(order);
  }
  const std::int64_t most = std::numeric_limits<std::int32_t>::max();
  if (request.layer.input(request.images, request.in).floats() > most ||
      request.layer.output(request.images, request.out).floats() > most ||
      shape.outputs * shape.columns() > most) {
    return "more than 2^31 - 1 weights or activations, which cuDNN does not count";
  }
  if (const std::string why = precision_refusal(request); !why.empty()) return why;
  return cudnn().problem();
}

}  // namespace coppice::kernels
#endif
