#include <stdexcept>
#include <utility>

#include "kernels/cuda/conv_pixels/conv_pixels.h"
#include "kernels/cuda/conv_pixels/on_device.h"
#include "kernels/cuda/conv_pixels/plans.h"
#include "kernels/cuda/operands.h"

namespace coppice::kernels {

namespace {

constexpr std::int64_t kMostImages = 64;  // with more, images across lanes waste nothing

class ConvPixelsRunner : public CudaRunner {
 public:
  ConvPixelsRunner(std::shared_ptr<const ConvPixelsOnDevice> layer, bool residual, bool overlap_previous)
      : layer_(std::move(layer)), residual_(residual), overlap_previous_(overlap_previous) {}

  void run(const void* x, const void* residual, void* y, CudaStream stream) override {
    check_operands("conv-pixels", x, residual, y, residual_);
    launch_conv_pixels(layer_->tiling(), layer_->problem(x, residual, y),
                       layer_->launch(overlap_previous_, stream));
  }

  std::unique_ptr<CudaRunner> replicate() const override {
    return std::make_unique<ConvPixelsRunner>(std::make_shared<const ConvPixelsOnDevice>(*layer_), residual_,
                                              overlap_previous_);
  }

  std::int64_t packed_bytes() const override { return layer_->bytes_read(); }

  std::string variant() const override {
    const ConvPixelsTiling& tiling = layer_->tiling();
    std::string text = std::to_string(tiling.width) + " x " + std::to_string(tiling.height) + " pixels, " +
                       std::to_string(tiling.warps) + " warps of " + std::to_string(tiling.warp_rows) +
                       " rows, " + std::to_string(tiling.stages) + " x " +
                       std::to_string(tiling.chunk_channels) + " channels";
    if (tiling.splits > 1) text += ", split in " + std::to_string(tiling.splits);
    return overlap_previous_ ? text + ", overlapping the launch before" : text;
  }

 private:
  std::shared_ptr<const ConvPixelsOnDevice> layer_;  // of all variants with this packing
  bool residual_, overlap_previous_;
};

std::string order_refusal(Layout layout, std::int64_t images, const char* what) {
  const bool plain = layout.order == Order::kPlain || (layout.order == Order::kImagesLast && images == 1);
  return plain ? "" : std::string(what) + " must be plain";
}

class ConvPixelsCandidate : public CudaCandidate {
 public:
  std::string name() const override { return "conv-pixels"; }
  bool sparse() const override { return true; }

  std::string refusal(const CudaRequest& request) const override {
    const LayerShape& shape = request.layer.shape;
    if (request.device.capability() < 80) return "needs compute capability 8.0";
    const std::string size =
        conv_pixels_size_refusal(shape, request.layer.weights.nonzeros(), request.images);
    if (!size.empty()) return size;
    if (shape.linear()) return "only for convolutions";
    if (request.images > kMostImages) return "only for up to 64 images";
    for (const auto& [layout, what] : {std::pair{request.in, "the input"}, {request.out, "the output"}}) {
      const std::string order = order_refusal(layout, request.images, what);
      if (!order.empty()) return order;
    }
    return conv_pixels_tilings(request).empty() ? "too little shared memory" : "";
  }

  std::vector<std::unique_ptr<CudaRunner>> make(const CudaRequest& request) const override {
    std::vector<std::unique_ptr<CudaRunner>> runners;
    for (const PackedConvPixels& packed : conv_pixels_packings(request)) {
      const auto layer = std::make_shared<const ConvPixelsOnDevice>(request, packed);
      for (const bool overlap : overlap_choices(request.device))
        runners.push_back(std::make_unique<ConvPixelsRunner>(layer, request.layer.residual, overlap));
    }
    return runners;
  }
};

}  // namespace

std::shared_ptr<const CudaCandidate> conv_pixels_candidate() {
  return std::make_shared<const ConvPixelsCandidate>();
}

std::unique_ptr<CudaRunner> conv_pixels_runner(const CudaRequest& request, const ConvPixelsTiling& tiling,
                                               bool overlap_previous) {
  const PackedConvPixels packed =
      pack_conv_pixels(request.layer.shape, request.layer.weights, request.precision, tiling);
  if (packed.shared_bytes() > request.device.shared_bytes_per_block)
    throw std::invalid_argument("conv-pixels: a tiling that needs more shared memory than there is");
  auto layer = std::make_shared<const ConvPixelsOnDevice>(request, packed);
  return std::make_unique<ConvPixelsRunner>(std::move(layer), request.layer.residual, overlap_previous);
}

}  // namespace coppice::kernels
