#include <c10/core/InferenceMode.h>

#include "base/libtorch/guarded.h"
#include "sparse/libtorch/dense_layer.h"
#include "sparse/libtorch/onednn_ops.h"
#include "sparse/peer_makers.h"

namespace coppice {

namespace {

using kernels::Order;

at::MemoryFormat format_of(kernels::Layout layout) {
  return layout.order == Order::kChannelsLast ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
}

/// Foreign memory as a tensor [images, channels, height, width].
at::Tensor tensor_of(const float* data, const kernels::Activations& at) {
  const std::array<std::int64_t, 4> size{at.images, at.channels, at.height, at.width};
  const bool last = at.layout.order == Order::kChannelsLast;
  const std::int64_t pixel = last ? at.channels : 1, channel = last ? 1 : at.height * at.width;
  const std::array<std::int64_t, 4> strides{at.channels * at.height * at.width, channel, at.width * pixel,
                                            pixel};
  return at::from_blob(const_cast<float*>(data), size, strides);
}

class DenseRunner : public kernels::Runner {
 public:
  DenseRunner(const kernels::Request& request, std::unique_ptr<DenseLayer> layer)
      : in_(request.layer.input(request.images, request.in)),
        out_(request.layer.output(request.images, request.out)),
        layer_(std::move(layer)) {}

  void run(const float* x, const float* residual, float* y) override {
    guarded([&] {
      const c10::InferenceMode inference;
      at::Tensor out = tensor_of(y, out_);
      Operand added;
      if (residual) added.tensor = tensor_of(residual, out_);
      const at::Tensor result = layer_->run(tensor_of(x, in_), added, out);
      if (result.const_data_ptr() != y) out.copy_(result);
    });
  }

  std::int64_t packed_bytes() const override { return layer_->packed_bytes(); }
  std::string variant() const override { return ""; }

 private:
  kernels::Activations in_, out_;
  std::unique_ptr<DenseLayer> layer_;
};

/// What all of LibTorch's dense ways ask for.
std::string layout_refusal(const kernels::Request& request) {
  if (request.in.halo != 0 || request.out.halo != 0) return "knows no halos";
  if (request.in.order == Order::kLanes || request.out.order == Order::kLanes) return "knows no lanes";
  const kernels::LayerShape& shape = request.layer.shape;
  if (request.in.order != request.out.order && !shape.linear()) return "reads and writes one layout";
  return "";
}

class LibtorchCandidate : public kernels::Candidate {
 public:
  std::string name() const override { return "libtorch"; }
  bool sparse() const override { return false; }
  std::string refusal(const kernels::Request& request) const override { return layout_refusal(request); }

  std::vector<std::unique_ptr<kernels::Runner>> make(const kernels::Request& request) const override {
    return guarded([&] {
      const c10::InferenceMode inference;
      std::vector<std::unique_ptr<kernels::Runner>> runners;
      runners.push_back(
          std::make_unique<DenseRunner>(request, aten_layer(request.layer, format_of(request.in))));
      return runners;
    });
  }
};

class OnednnCandidate : public kernels::Candidate {
 public:
  std::string name() const override { return "onednn"; }
  bool sparse() const override { return false; }

  std::string refusal(const kernels::Request& request) const override {
    if (!guarded([] { return OnednnOps::get(); }))
      return "this LibTorch comes without oneDNN's packed operations";
    if (!request.layer.shape.linear() && request.in.order != Order::kChannelsLast) {
      return "packed convolutions are channels-last";
    }
    return layout_refusal(request);
  }

  std::vector<std::unique_ptr<kernels::Runner>> make(const kernels::Request& request) const override {
    return guarded([&] {
      const c10::InferenceMode inference;
      std::vector<std::unique_ptr<kernels::Runner>> runners;
      runners.push_back(std::make_unique<DenseRunner>(
          request, onednn_layer(request.layer, request.images, format_of(request.in))));
      return runners;
    });
  }
};

}  // namespace

std::shared_ptr<const kernels::Candidate> libtorch_candidate() {
  return std::make_shared<LibtorchCandidate>();
}

std::shared_ptr<const kernels::Candidate> onednn_candidate() { return std::make_shared<OnednnCandidate>(); }

}  // namespace coppice
