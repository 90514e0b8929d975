#include <utility>

#include "kernels/cuda/operands.h"
#include "kernels/cuda/panel_mma/on_device.h"
#include "kernels/cuda/panel_mma/panel_mma.h"
#include "kernels/cuda/panel_mma/plans.h"

namespace coppice::kernels {

namespace {

constexpr std::int64_t kMostTiles = 65535;  // of a grid's second dimension

class PanelMmaRunner : public CudaRunner {
 public:
  PanelMmaRunner(std::shared_ptr<PanelsOnDevice> layer, bool residual, bool overlap_previous)
      : layer_(std::move(layer)), residual_(residual), overlap_previous_(overlap_previous) {}

  void run(const void* x, const void* residual, void* y, CudaStream stream) override {
    check_operands("panel-mma", x, residual, y, residual_);
    PanelLaunch launch = layer_->launch();
    launch.overlap_previous = overlap_previous_;
    launch.stream = stream;
    launch_panel_mma(layer_->problem(x, residual, y), launch);
  }

  std::unique_ptr<CudaRunner> replicate() const override {
    return std::make_unique<PanelMmaRunner>(std::make_shared<PanelsOnDevice>(*layer_), residual_,
                                            overlap_previous_);
  }

  std::int64_t packed_bytes() const override { return layer_->bytes_read(); }

  std::string variant() const override {
    const PanelTiling& tiling = layer_->tiling();
    std::string text = std::to_string(kPanelRows * tiling.warps) + " rows x " +
                       std::to_string(tiling.columns) + " images, slices of " +
                       std::to_string(tiling.slice_columns);
    if (tiling.parts > 1) text += ", " + std::to_string(tiling.parts) + " parts";
    return overlap_previous_ ? text + ", overlapping the launch before" : text;
  }

 private:
  std::shared_ptr<PanelsOnDevice> layer_;  // of all variants with this tiling
  bool residual_, overlap_previous_;
};

class PanelMmaCandidate : public CudaCandidate {
 public:
  std::string name() const override { return "panel-mma"; }
  bool sparse() const override { return true; }

  std::string refusal(const CudaRequest& request) const override {
    const LayerShape& shape = request.layer.shape;
    if (request.device.capability() < 80) return "needs compute capability 8.0";
    if (request.precision != Precision::kBf16) return "only in bf16";
    if (!shape.linear()) return "only for linear layers";
    if (shape.outputs < 1 || shape.columns() < 1) return "an empty layer";
    if (request.images <= 8) return "only for more than 8 images";
    const std::string layout = images_last_refusal(request);
    if (!layout.empty()) return layout;
    const std::vector<PanelTiling> tilings = panel_tilings(request);
    if (tilings.empty()) return "too little shared memory";
    for (const PanelTiling& tiling : tilings) {
      if (request.images > kMostTiles * tiling.columns) return "more images than a grid has tiles";
      const std::string size =
          panel_size_refusal(shape.outputs, shape.columns(), request.layer.weights.nonzeros(), tiling);
      if (!size.empty()) return size;
    }
    return {};
  }

  std::vector<std::unique_ptr<CudaRunner>> make(const CudaRequest& request) const override {
    std::vector<std::unique_ptr<CudaRunner>> runners;
    for (const PanelTiling& tiling : panel_tilings(request)) {
      const auto layer =
          std::make_shared<PanelsOnDevice>(request, pack_panels(request.layer.weights, tiling));
      for (const bool overlap : overlap_choices(request.device)) {
        runners.push_back(std::make_unique<PanelMmaRunner>(layer, request.layer.residual, overlap));
      }
    }
    return runners;
  }
};

}  // namespace

std::shared_ptr<const CudaCandidate> panel_mma_candidate() {
  return std::make_shared<const PanelMmaCandidate>();
}

std::unique_ptr<CudaRunner> panel_mma_runner(const CudaRequest& request, const PanelTiling& tiling,
                                             bool overlap_previous) {
  auto layer = std::make_shared<PanelsOnDevice>(request, pack_panels(request.layer.weights, tiling));
  return std::make_unique<PanelMmaRunner>(std::move(layer), request.layer.residual, overlap_previous);
}

}  // namespace coppice::kernels
