#include <stdexcept>
#include <utility>

#include "kernels/cuda/operands.h"
#include "kernels/cuda/packed_spmv/on_device.h"
#include "kernels/cuda/packed_spmv/packed_spmv.h"
#include "kernels/cuda/packed_spmv/plans.h"

namespace coppice::kernels {

namespace {

class PackedSpmvRunner : public CudaRunner {
 public:
  PackedSpmvRunner(std::shared_ptr<const SpmvOnDevice> layer, int loads, bool residual, bool overlap_previous)
      : layer_(std::move(layer)), loads_(loads), residual_(residual), overlap_previous_(overlap_previous) {}

  void run(const void* x, const void* residual, void* y, CudaStream stream) override {
    check_operands("packed-spmv", x, residual, y, residual_);
    SpmvProblem problem = layer_->problem;
    problem.x = x;
    problem.residual = residual;
    problem.y = y;
    SpmvLaunch launch = layer_->launch;
    launch.loads = loads_;
    launch.overlap_previous = overlap_previous_;
    launch.stream = stream;
    launch_packed_spmv(layer_->format, problem, launch);
  }

  std::unique_ptr<CudaRunner> replicate() const override {
    return std::make_unique<PackedSpmvRunner>(std::make_shared<const SpmvOnDevice>(*layer_), loads_,
                                              residual_, overlap_previous_);
  }

  std::int64_t packed_bytes() const override { return layer_->bytes_read; }

  std::string variant() const override {
    const SpmvLaunch& launch = layer_->launch;
    const std::uint32_t blocks = layer_->problem.column_blocks;
    std::string text = std::to_string(1 << layer_->problem.lane_bits) + " lanes a row, " +
                       std::to_string(launch.ranges) + " x " + std::to_string(launch.threads) + " threads, " +
                       std::to_string(loads_) + " loads";
    if (blocks > 1) text += ", " + std::to_string(blocks) + " column blocks";
    return overlap_previous_ ? text + ", overlapping the launch before" : text;
  }

 private:
  std::shared_ptr<const SpmvOnDevice> layer_;  // of all variants with this packing
  int loads_;
  bool residual_, overlap_previous_;
};

std::shared_ptr<const SpmvOnDevice> on_device(const CudaRequest& request, const SpmvTiling& tiling) {
  return std::make_shared<const SpmvOnDevice>(
      request, pack_spmv(request.layer.weights, spmv_format(request.precision), request.images, tiling));
}

class PackedSpmvCandidate : public CudaCandidate {
 public:
  std::string name() const override { return "packed-spmv"; }
  bool sparse() const override { return true; }

  std::string refusal(const CudaRequest& request) const override {
    const LayerShape& shape = request.layer.shape;
    if (request.device.capability() < 75) return "needs compute capability 7.5";
    if (!shape.linear()) return "only for linear layers";
    if (shape.outputs < 1 || shape.columns() < 1) return "an empty layer";
    if (request.images < 1 || request.images > 8) return "only for 1 to 8 images";
    const std::string layout = linear_layout_refusal(request);
    if (!layout.empty()) return layout;
    const std::vector<SpmvTiling> tilings = spmv_tilings(request);
    if (tilings.empty()) return "too little shared memory";
    return spmv_size_refusal(shape.outputs, shape.columns(), request.layer.weights.nonzeros(),
                             tilings.front());
  }

  std::vector<std::unique_ptr<CudaRunner>> make(const CudaRequest& request) const override {
    std::vector<std::unique_ptr<CudaRunner>> runners;
    std::shared_ptr<const SpmvOnDevice> layer;
    SpmvTiling packed;
    for (const SpmvTiling& tiling : spmv_tilings(request)) {
      packed.loads = tiling.loads;
      if (!layer || packed != tiling) layer = on_device(request, packed = tiling);
      for (const bool overlap : overlap_choices(request.device)) {
        runners.push_back(
            std::make_unique<PackedSpmvRunner>(layer, tiling.loads, request.layer.residual, overlap));
      }
    }
    return runners;
  }
};

}  // namespace

std::shared_ptr<const CudaCandidate> packed_spmv_candidate() {
  return std::make_shared<const PackedSpmvCandidate>();
}

std::unique_ptr<CudaRunner> packed_spmv_runner(const CudaRequest& request, const SpmvTiling& tiling,
                                               bool overlap_previous) {
  if (tiling.lanes < spmv_padded_images(request.images)) {
    throw std::invalid_argument("packed-spmv: a team needs a lane for each image");
  }
  return std::make_unique<PackedSpmvRunner>(on_device(request, tiling), tiling.loads, request.layer.residual,
                                            overlap_previous);
}

}  // namespace coppice::kernels
