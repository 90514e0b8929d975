#include <utility>

#include "kernels/cuda/gather_fma/gather_fma.h"
#include "kernels/cuda/gather_fma/on_device.h"
#include "kernels/cuda/gather_fma/plans.h"
#include "kernels/cuda/operands.h"

namespace coppice::kernels {

namespace {

class GatherRunner : public CudaRunner {
 public:
  GatherRunner(std::shared_ptr<const GatherOnDevice> layer, bool residual, bool overlap_previous)
      : layer_(std::move(layer)), residual_(residual), overlap_previous_(overlap_previous) {}

  void run(const void* x, const void* residual, void* y, CudaStream stream) override {
    check_operands("gather-fma", x, residual, y, residual_);
    launch_gather_fma(layer_->tiling(), layer_->problem(x, residual, y),
                      {layer_->blocks(), overlap_previous_, stream});
  }

  std::unique_ptr<CudaRunner> replicate() const override {
    return std::make_unique<GatherRunner>(std::make_shared<const GatherOnDevice>(*layer_), residual_,
                                          overlap_previous_);
  }

  std::int64_t packed_bytes() const override { return layer_->bytes_read(); }

  std::string variant() const override {
    const GatherTiling& tiling = layer_->tiling();
    std::string text = std::to_string(tiling.block_rows()) + " rows x " + std::to_string(tiling.tile()) +
                       " images, " + std::to_string(tiling.warps) + " warps, " +
                       std::to_string(tiling.stages) + " x " + std::to_string(tiling.slice_columns) +
                       " columns";
    if (tiling.splits > 1) text += ", split in " + std::to_string(tiling.splits);
    return overlap_previous_ ? text + ", overlapping the launch before" : text;
  }

 private:
  std::shared_ptr<const GatherOnDevice> layer_;  // of all variants with this packing
  bool residual_, overlap_previous_;
};

class GatherCandidate : public CudaCandidate {
 public:
  std::string name() const override { return "gather-fma"; }
  bool sparse() const override { return true; }

  std::string refusal(const CudaRequest& request) const override {
    const LayerShape& shape = request.layer.shape;
    if (request.device.capability() < 80) return "needs compute capability 8.0";
    if (request.precision == Precision::kBf16) return "only for fp32 and tf32";
    if (!shape.linear()) return "only for linear layers";
    if (shape.outputs < 1 || shape.columns() < 1) return "an empty layer";
    if (request.images < 9) return "only for 9 images and more";
    const std::string layout = images_last_refusal(request);
    if (!layout.empty()) return layout;
    const std::string size =
        gather_size_refusal(shape.outputs, shape.columns(), request.layer.weights.nonzeros(), request.images);
    if (!size.empty()) return size;
    return gather_tilings(request).empty() ? "too little shared memory" : "";
  }

  std::vector<std::unique_ptr<CudaRunner>> make(const CudaRequest& request) const override {
    std::vector<std::unique_ptr<CudaRunner>> runners;
    for (const PackedGather& packed : gather_packings(request)) {
      const auto layer = std::make_shared<const GatherOnDevice>(request, packed);
      for (const bool overlap : overlap_choices(request.device)) {
        runners.push_back(std::make_unique<GatherRunner>(layer, request.layer.residual, overlap));
      }
    }
    return runners;
  }
};

}  // namespace

std::shared_ptr<const CudaCandidate> gather_fma_candidate() {
  return std::make_shared<const GatherCandidate>();
}

std::unique_ptr<CudaRunner> gather_fma_runner(const CudaRequest& request, const GatherTiling& tiling,
                                              bool overlap_previous) {
  auto layer = std::make_shared<const GatherOnDevice>(request, pack_gather(request.layer.weights, tiling));
  return std::make_unique<GatherRunner>(std::move(layer), request.layer.residual, overlap_previous);
}

}  // namespace coppice::kernels
