#include "train/libtorch/torch_batches.h"
#include "unit/train_libtorch/support.h"

namespace coppice {
namespace {

/// Every shift and both mirrors.
std::vector<Jitter> all_jitters() {
  std::vector<Jitter> all;
  for (int dy = -4; dy <= 4; ++dy) {
    for (int dx = -4; dx <= 4; ++dx) {
      for (const bool flip : {false, true}) {
        all.push_back({static_cast<std::int8_t>(dy), static_cast<std::int8_t>(dx), flip});
      }
    }
  }
  return all;
}

Data as_floats(Data data) {
  for (Examples* examples : {&data.pool, &data.test}) {
    Tensor floats = Tensor::zeros(DType::kF32, examples->pixels.shape);
    for (std::size_t i = 0; i < floats.as<float>().size(); ++i) {
      floats.as<float>()[i] = static_cast<float>(examples->pixels.as<std::uint8_t>()[i]) / 100 - 1;
    }
    examples->pixels = floats;
  }
  return data;
}

/// The path of a GPU, run on the CPU, against coppice::gather.
TEST(ResidentBatches, EqualGather) {
  const std::vector<Jitter> jitters = all_jitters();
  for (const Extent image : {Extent{3, 9, 12, false}, Extent{1, 3, 2, false}}) {
    const Data bytes = random_data(image, 5, 50);
    for (const Data& data : {bytes, as_floats(bytes)}) {
      const auto resident = make_resident_batches(data, at::kCPU);
      const auto host = make_host_batches(data, true);
      for (const Split split : {Split::kTrain, Split::kTest}) {
        for (const bool moved : {false, true}) {
          std::vector<std::uint32_t> indices;
          for (std::uint32_t i = 0; i < jitters.size(); ++i) indices.push_back(i * 7 % 33);
          const std::span<const Jitter> jitter = moved ? std::span(jitters) : std::span<const Jitter>();
          const at::Tensor expected = at::empty(
              {static_cast<std::int64_t>(indices.size()), image.channels, image.height, image.width});
          gather(data, split, indices, jitter, expected.mutable_data_ptr<float>());
          const TorchBatch a = resident->make(split, indices, jitter), b = host->make(split, indices, jitter);
          EXPECT_LE((a.images - expected).abs().max().item<double>(), 1e-6 * 4);  // values up to 4
          EXPECT_TRUE(b.images.equal(expected));
          ASSERT_TRUE(a.labels.equal(b.labels));
          for (std::size_t i = 0; i < indices.size(); ++i) {
            ASSERT_EQ(a.labels.const_data_ptr<std::int64_t>()[i], data.examples(split).labels[indices[i]]);
          }
        }
      }
    }
  }
}

/// The buffer serves batches of any size, in any order.
TEST(HostBatches, BufferGrowsAndShrinks) {
  const Data data = random_data({2, 4, 4, false}, 3, 40);
  const auto batches = make_host_batches(data, false);
  for (const std::uint32_t size : {5u, 20u, 1u, 20u}) {
    std::vector<std::uint32_t> indices;
    for (std::uint32_t i = 0; i < size; ++i) indices.push_back(39 - i);
    const TorchBatch batch = batches->make(Split::kTrain, indices, {});
    EXPECT_EQ(batch.images.sizes(), (std::vector<std::int64_t>{size, 2, 4, 4}));
    EXPECT_EQ(batch.labels.size(0), size);
  }
}

}  // namespace
}  // namespace coppice
