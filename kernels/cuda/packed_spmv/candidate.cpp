#include <stdexcept>
#include <utility>

#include "kernels/cuda/memory.h"
#include "kernels/cuda/packed_spmv/packed_spmv.h"
#include "kernels/cuda/packed_spmv/plans.h"

namespace coppice::kernels {

namespace {

struct SpmvWeights {
  DeviceBuffer values, slots, pieces, rounds, split_rows_from, split_rows, bias;
  std::int64_t bytes_read = 0;

  SpmvWeights(const PackedSpmv& packed, const std::vector<float>& layer_bias)
      : values(packed.format == SpmvFormat::kBf16 ? on_device(packed.words) : on_device(packed.values)),
        slots(on_device(packed.slots)),
        pieces(on_device(packed.pieces)),
        rounds(on_device(packed.rounds)),
        split_rows_from(on_device(packed.split_rows_from)),
        split_rows(on_device(packed.split_rows)),
        bias(on_device(layer_bias)),
        bytes_read(packed.bytes_read()) {}
  SpmvWeights(const SpmvWeights& other)
      : values(other.values.copy()),
        slots(other.slots.copy()),
        pieces(other.pieces.copy()),
        rounds(other.rounds.copy()),
        split_rows_from(other.split_rows_from.copy()),
        split_rows(other.split_rows.copy()),
        bias(other.bias.copy()),
        bytes_read(other.bytes_read) {}
};

void check_pointer(const void* pointer, const char* what) {
  if (!pointer) throw std::invalid_argument(std::string("packed-spmv: ") + what + " is null");
  if (reinterpret_cast<std::uintptr_t>(pointer) % 16 != 0) {
    throw std::invalid_argument(std::string("packed-spmv: ") + what + " is not 16-byte aligned");
  }
}

class PackedSpmvRunner : public CudaRunner {
 public:
  PackedSpmvRunner(const CudaRequest& request, const PackedSpmv& packed,
                   std::shared_ptr<const SpmvWeights> weights, bool overlap_previous)
      : weights_(std::move(weights)),
        format_(packed.format),
        lanes_(packed.tiling.lanes),
        residual_(request.layer.residual) {
    const std::int64_t rows = request.layer.shape.outputs, columns = request.layer.shape.columns();
    problem_.pieces_per_range = packed.pieces_per_range;
    problem_.columns = static_cast<std::uint32_t>(columns);
    const bool in_last = request.in.order == Order::kImagesLast;
    problem_.x_image = in_last ? 1 : columns;
    problem_.x_column = in_last ? request.images : 1;
    const bool out_last = request.out.order == Order::kImagesLast;
    problem_.y_image = out_last ? 1 : rows;
    problem_.y_row = out_last ? request.images : 1;
    problem_.images = static_cast<std::uint32_t>(request.images);
    problem_.block_columns = static_cast<std::uint32_t>(packed.tiling.block_columns);
    problem_.column_blocks = static_cast<std::uint32_t>(packed.column_blocks);
    while ((1 << problem_.lane_bits) < lanes_) ++problem_.lane_bits;
    problem_.relu = request.layer.relu;
    launch_.ranges = packed.ranges;
    launch_.threads = packed.tiling.threads;
    launch_.loads = packed.tiling.loads;
    launch_.shared_bytes =
        spmv_shared_bytes(format_, request.images, packed.tiling.block_columns, packed.sums);
    launch_.overlap_previous = overlap_previous;
    point_at_weights();
  }

  void run(const void* x, const void* residual, void* y, CudaStream stream) override {
    check_pointer(x, "the input");
    check_pointer(y, "the output");
    if (residual_) check_pointer(residual, "the residual");
    if (!residual_ && residual) throw std::invalid_argument("packed-spmv: the layer has no residual");
    SpmvProblem problem = problem_;
    problem.x = x;
    problem.residual = residual;
    problem.y = y;
    SpmvLaunch launch = launch_;
    launch.stream = stream;
    launch_packed_spmv(format_, problem, launch);
  }

  std::unique_ptr<CudaRunner> replicate() const override {
    auto other = std::make_unique<PackedSpmvRunner>(*this);
    other->weights_ = std::make_shared<const SpmvWeights>(*weights_);
    other->point_at_weights();
    return other;
  }

  std::int64_t packed_bytes() const override { return weights_->bytes_read; }

  std::string variant() const override {
    std::string text = std::to_string(lanes_) + " lanes a row, " + std::to_string(launch_.ranges) + " x " +
                       std::to_string(launch_.threads) + " threads, " + std::to_string(launch_.loads) +
                       " loads";
    if (problem_.column_blocks > 1) text += ", " + std::to_string(problem_.column_blocks) + " column blocks";
    return launch_.overlap_previous ? text + ", overlapping the launch before" : text;
  }

 private:
  void point_at_weights() {
    problem_.values = weights_->values.data();
    problem_.slots = weights_->slots.data();
    problem_.pieces = weights_->pieces.as<SpmvPiece>();
    problem_.rounds = weights_->rounds.as<std::uint32_t>();
    problem_.split_rows_from = weights_->split_rows_from.as<std::uint32_t>();
    problem_.split_rows = weights_->split_rows.as<SpmvSplitRow>();
    problem_.bias = weights_->bias.as<float>();
  }

  std::shared_ptr<const SpmvWeights> weights_;  // of the variants with and without overlap
  SpmvFormat format_;
  int lanes_;
  bool residual_;
  SpmvProblem problem_ = {};
  SpmvLaunch launch_;
};

std::string order_refusal(const Activations& a, const char* what) {
  if (a.layout.halo != 0) return std::string(what) + " must have no halo";
  const bool one_cell = a.height == 1 && a.width == 1;
  if (a.layout.order == Order::kPlain || a.layout.order == Order::kImagesLast ||
      (a.layout.order == Order::kChannelsLast && one_cell)) {
    return {};
  }
  return std::string(what) + " must not be " + order_name(a.layout.order);
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
    const std::string in = order_refusal(request.layer.input(request.images, request.in), "the input");
    if (!in.empty()) return in;
    const std::string out = order_refusal(request.layer.output(request.images, request.out), "the output");
    if (!out.empty()) return out;
    const std::vector<SpmvTiling> tilings = spmv_tilings(request);
    if (tilings.empty()) return "too little shared memory";
    return spmv_size_refusal(shape.outputs, shape.columns(), request.layer.weights.nonzeros(),
                             tilings.front());
  }

  std::vector<std::unique_ptr<CudaRunner>> make(const CudaRequest& request) const override {
    std::vector<std::unique_ptr<CudaRunner>> runners;
    for (const SpmvTiling& tiling : spmv_tilings(request)) {
      const PackedSpmv packed =
          pack_spmv(request.layer.weights, spmv_format(request.precision), request.images, tiling);
      const auto weights = std::make_shared<const SpmvWeights>(packed, request.layer.bias);
      for (const bool overlap : {true, false}) {
        if (overlap && request.device.capability() < 90) continue;
        runners.push_back(std::make_unique<PackedSpmvRunner>(request, packed, weights, overlap));
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
  const PackedSpmv packed =
      pack_spmv(request.layer.weights, spmv_format(request.precision), request.images, tiling);
  return std::make_unique<PackedSpmvRunner>(
      request, packed, std::make_shared<const SpmvWeights>(packed, request.layer.bias), overlap_previous);
}

}  // namespace coppice::kernels
