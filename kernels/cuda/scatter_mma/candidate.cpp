#include <stdexcept>
#include <utility>

#include "kernels/cuda/operands.h"
#include "kernels/cuda/scatter_mma/on_device.h"
#include "kernels/cuda/scatter_mma/plans.h"
#include "kernels/cuda/scatter_mma/scatter_mma.h"

namespace coppice::kernels {

namespace {

class ScatterMmaRunner : public CudaRunner {
 public:
  ScatterMmaRunner(std::shared_ptr<const ScatterOnDevice> layer, bool residual, bool overlap_previous)
      : layer_(std::move(layer)),
        workspace_(*layer_),
        residual_(residual),
        overlap_previous_(overlap_previous) {}

  void run(const void* x, const void* residual, void* y, CudaStream stream) override {
    check_operands("scatter-mma", x, residual, y, residual_);
    ScatterProblem problem = layer_->problem(residual, y);
    workspace_.give_to(problem);
    problem.x = x;
    ScatterLaunch launch = layer_->launch();
    launch.overlap_previous = overlap_previous_;
    launch.stream = stream;
    launch_scatter_mma(problem, launch);
  }

  std::unique_ptr<CudaRunner> replicate() const override {
    return std::make_unique<ScatterMmaRunner>(std::make_shared<const ScatterOnDevice>(*layer_), residual_,
                                              overlap_previous_);
  }

  std::int64_t packed_bytes() const override { return layer_->bytes_read(); }

  std::string variant() const override {
    const ScatterTiling& tiling = layer_->tiling();
    std::string text = std::to_string(tiling.block_rows()) + " rows a block, " +
                       std::to_string(tiling.warp_rows()) + " a warp, " + std::to_string(tiling.teams) +
                       (tiling.teams > 1 ? " teams, " : " team, ") + std::to_string(tiling.sharing) +
                       " blocks side by side, " + std::to_string(tiling.stages) + " stages, " +
                       std::to_string(layer_->launch().blocks) + " blocks";
    return overlap_previous_ ? text + ", overlapping the launch before" : text;
  }

 private:
  std::shared_ptr<const ScatterOnDevice> layer_;  // of all variants with this packing
  ScatterWorkspace workspace_;
  bool residual_, overlap_previous_;
};

std::shared_ptr<const ScatterOnDevice> packed_on_device(const CudaRequest& request,
                                                        const ScatterTiling& tiling) {
  // Rows that are stored side by side stay so where images do not lie between them.
  const RowOrder order =
      request.out.order == Order::kImagesLast ? RowOrder::kBalanced : RowOrder::kAsTheyCome;
  const bool images_last = request.in.order == Order::kImagesLast;
  return std::make_shared<const ScatterOnDevice>(
      request, pack_scatter(request.layer.weights, request.images, images_last, order, tiling));
}

class ScatterMmaCandidate : public CudaCandidate {
 public:
  std::string name() const override { return "scatter-mma"; }
  bool sparse() const override { return true; }

  std::string refusal(const CudaRequest& request) const override {
    const LayerShape& shape = request.layer.shape;
    if (request.device.capability() < 80) return "needs compute capability 8.0";
    if (request.precision != Precision::kBf16) return "only in bf16";
    if (!shape.linear()) return "only for linear layers";
    if (shape.outputs < 1 || shape.columns() < 1) return "an empty layer";
    if (request.images < 9 || request.images > 64) return "only for 9 to 64 images";
    const std::string layout = linear_layout_refusal(request);
    if (!layout.empty()) return layout;
    if (!scatter_tiling(request, 1, 2, 1, 1)) return "too little shared memory";
    return scatter_size_refusal(shape.outputs, shape.columns(), request.layer.weights.nonzeros());
  }

  std::vector<std::unique_ptr<CudaRunner>> make(const CudaRequest& request) const override {
    std::vector<std::unique_ptr<CudaRunner>> runners;
    for (const ScatterTiling& tiling : scatter_tilings(request)) {
      const auto layer = packed_on_device(request, tiling);
      for (const bool overlap : overlap_choices(request.device)) {
        runners.push_back(std::make_unique<ScatterMmaRunner>(layer, request.layer.residual, overlap));
      }
    }
    return runners;
  }
};

}  // namespace

std::shared_ptr<const CudaCandidate> scatter_mma_candidate() {
  return std::make_shared<const ScatterMmaCandidate>();
}

std::unique_ptr<CudaRunner> scatter_mma_runner(const CudaRequest& request, const ScatterTiling& tiling,
                                               bool overlap_previous) {
  auto layer = packed_on_device(request, tiling);
  if (layer->launch().shared_bytes > request.device.shared_bytes_per_block) {
    throw std::invalid_argument("scatter-mma: the tiling takes more shared memory than there is");
  }
  return std::make_unique<ScatterMmaRunner>(std::move(layer), request.layer.residual, overlap_previous);
}

}  // namespace coppice::kernels
