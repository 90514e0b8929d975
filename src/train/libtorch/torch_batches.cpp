#include "train/libtorch/torch_batches.h"

#include <vector>

#include "train/libtorch/torch_convert.h"

namespace coppice {

namespace {

/// Zero pixels on every side that "flip-crop" may shift into view.
constexpr std::int64_t kReach = 4;

at::Tensor int64_on(const std::vector<std::int64_t>& values, at::Device device) {
  return at::tensor(at::ArrayRef<std::int64_t>(values)).to(device);
}

class HostBatches : public TorchBatches {
 public:
  HostBatches(const Data& data, bool channels_last) : data_(data), channels_last_(channels_last) {}

  TorchBatch make(Split split, std::span<const std::uint32_t> indices,
                  std::span<const Jitter> jitter) override {
    const Examples& examples = data_.examples(split);
    const auto count = static_cast<std::int64_t>(indices.size());
    if (!images_.defined() || images_.size(0) < count) {
      images_ = at::empty({count, examples.image.channels, examples.image.height, examples.image.width});
      labels_ = at::empty({count}, at::kLong);
    }
    gather(data_, split, indices, jitter, images_.mutable_data_ptr<float>());
    auto* const labels = labels_.mutable_data_ptr<std::int64_t>();
    for (std::size_t i = 0; i < indices.size(); ++i) labels[i] = examples.labels[indices[i]];
    at::Tensor images = images_.narrow(0, 0, count);
    if (channels_last_) images = images.contiguous(at::MemoryFormat::ChannelsLast);
    return {images, labels_.narrow(0, 0, count)};
  }

 private:
  const Data& data_;
  bool channels_last_;
  at::Tensor images_, labels_;  // reused from batch to batch
};

class ResidentBatches : public TorchBatches {
 public:
  ResidentBatches(const Data& data, at::Device device) : device_(device) {
    for (const Split split : {Split::kTrain, Split::kTest}) {
      const Examples& examples = data.examples(split);
      const std::vector<std::int64_t> labels(examples.labels.begin(), examples.labels.end());
      stores_[split == Split::kTest] = {to_torch(examples.pixels).to(device), int64_on(labels, device)};
    }
    // Bytes count as 0..1, so mean and deviation are scaled to what the store holds.
    const double unit = data.pool.pixels.dtype == DType::kU8 ? 255 : 1;
    const auto channels = static_cast<std::int64_t>(data.mean.size());
    const auto per_channel = [&](const std::vector<float>& values) {
      return (at::tensor(at::ArrayRef<float>(values)).to(at::kDouble) * unit)
          .to(at::kFloat)
          .reshape({1, channels, 1, 1})
          .to(device);
    };
    mean_ = per_channel(data.mean);
    stddev_ = per_channel(data.stddev);
  }

  TorchBatch make(Split split, std::span<const std::uint32_t> indices,
                  std::span<const Jitter> jitter) override {
    const Store& store = stores_[split == Split::kTest];
    const at::Tensor chosen = int64_on({indices.begin(), indices.end()}, device_);
    at::Tensor pixels = store.pixels.index_select(0, chosen);
    if (!jitter.empty()) pixels = moved(pixels, jitter);
    return {(pixels.to(at::kFloat) - mean_) / stddev_, store.labels.index_select(0, chosen)};
  }

 private:
  struct Store {
    at::Tensor pixels, labels;
  };

  /// Pads with zeros, then picks for each example the rows and columns that its jitter shows.
  at::Tensor moved(const at::Tensor& pixels, std::span<const Jitter> jitter) const {
    const std::int64_t count = pixels.size(0), height = pixels.size(2), width = pixels.size(3);
    std::vector<std::int64_t> rows, columns;
    for (const Jitter& j : jitter) {
      for (std::int64_t y = 0; y < height; ++y) rows.push_back(y + j.dy + kReach);
      for (std::int64_t x = 0; x < width; ++x)
        columns.push_back((j.flip ? width - 1 - x : x) + j.dx + kReach);
    }
    const at::Tensor padded = at::constant_pad_nd(pixels, {kReach, kReach, kReach, kReach}, 0);
    const at::Tensor example = at::arange(count, at::TensorOptions(at::kLong).device(device_));
    return padded
        .index({example.reshape({count, 1, 1}), at::indexing::Slice(),
                int64_on(rows, device_).reshape({count, height, 1}),
                int64_on(columns, device_).reshape({count, 1, width})})
        .permute({0, 3, 1, 2})
        .contiguous();
  }

  at::Device device_;
  Store stores_[2];  // the pool, the test examples
  at::Tensor mean_, stddev_;
};

}  // namespace

std::unique_ptr<TorchBatches> make_host_batches(const Data& data, bool channels_last) {
  return std::make_unique<HostBatches>(data, channels_last);
}

std::unique_ptr<TorchBatches> make_resident_batches(const Data& data, at::Device device) {
  return std::make_unique<ResidentBatches>(data, device);
}

}  // namespace coppice
