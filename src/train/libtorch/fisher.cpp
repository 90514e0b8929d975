// The Fisher diagonal without a backward pass for each example. In evaluation mode examples do not see each
// other, so one backward pass for class c gives every layer the derivative of each example's own log p_c by
// the layer's outputs; times the layer's inputs that is the derivative by its weights. For a linear layer the
// squares can be summed as one product of squares; a convolution's weights add over the places of the image
// first, so inputs are spread out (im2col) and multiplied example by example. The factor p_c rides along as
// its root, the passes being linear.
#include "train/libtorch/fisher.h"

#include <algorithm>
#include <cmath>

#include <torch/csrc/autograd/autograd.h>

namespace coppice {

namespace {

/// Adds each example's squared products delta x^T: [n, out, places] and [n, in, places] -> [out, in].
void add_products(const at::Tensor& delta, const at::Tensor& x, const at::Tensor& sum) {
  constexpr std::int64_t kElements = std::int64_t{1} << 24;  // of products held at once: 64 MB
  const std::int64_t some = std::max<std::int64_t>(1, kElements / (delta.size(1) * x.size(1)));
  for (std::int64_t first = 0; first < delta.size(0); first += some) {
    const std::int64_t count = std::min(some, delta.size(0) - first);
    const at::Tensor each = at::bmm(delta.narrow(0, first, count), x.narrow(0, first, count).transpose(1, 2));
    sum.add_(each.square_().sum(0));
  }
}

/// What a layer's weights are multiplied with: [n, in], or of a convolution [n, in, places].
at::Tensor seen_by_weights(const Node& node, const at::Tensor& input) {
  if (node.op == Op::kLinear) return input.detach();
  return at::im2col(input.detach(), {node.kernel, node.kernel}, {node.dilation, node.dilation},
                    {node.padding, node.padding}, {node.stride, node.stride});
}

}  // namespace

void add_fisher(const Network& network, const TorchNetwork& model, const MaskedTensors& tensors,
                const at::Tensor& images, const std::vector<at::Tensor>& sums) {
  const TorchNetwork::Witness witness = [&](std::size_t index, const at::Tensor& input,
                                            const at::Tensor& output) {
    const auto found = std::find_if(tensors.places.begin(), tensors.places.end(),
                                    [&](std::size_t place) { return model.specs()[place].node == index; });
    if (found == tensors.places.end()) return;
    at::Tensor sum = sums[static_cast<std::size_t>(found - tensors.places.begin())];
    sum = sum.view({sum.size(0), -1});
    const at::Tensor x = seen_by_weights(network.nodes[index], input);
    output.register_hook([x, sum](const at::Tensor& delta) {
      const at::NoGradGuard no_grad;
      if (x.dim() == 2) {
        sum.add_(at::mm(delta.square().t(), x.square()));
      } else {
        add_products(delta.flatten(2), x, sum);
      }
    });
  };
  // Derivatives by the image alone lead the pass through every layer's outputs.
  const at::Tensor logits = model.run(images.detach().requires_grad_(true), tensors.all, nullptr, &witness);
  const at::Tensor p = logits.detach().softmax(1);
  const std::int64_t classes = p.size(1);
  for (std::int64_t c = 0; c < classes; ++c) {
    at::Tensor seed = -p;  // d log p_c / d logits = (1 at c) - p
    seed.select(1, c).add_(1);
    seed.mul_(p.select(1, c).sqrt().unsqueeze(1));
    torch::autograd::backward({logits}, {seed}, /*retain_graph=*/c + 1 < classes);
  }
}

}  // namespace coppice
