#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/cuda/masked_update/chunks.h"
#include "kernels/cuda/masked_update/traffic.h"

namespace coppice::kernels {
namespace {

/// Arrays that nobody looks into, at addresses that are as far from a multiple of 256 as asked.
UpdateTensor tensor_at(std::uintptr_t offset, std::int64_t count, int states = 1, bool mask = true) {
  const auto at = [&](std::uintptr_t base) { return reinterpret_cast<float*>(base + offset); };
  return {at(0x100000),
          at(0x200000),
          states > 0 ? at(0x300000) : nullptr,
          states > 1 ? at(0x400000) : nullptr,
          mask ? reinterpret_cast<const std::uint64_t*>(0x500000) : nullptr,
          count};
}

std::uintptr_t address(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }

TEST(UpdateChunks, AreCutOfEveryTensor) {
  const std::vector<UpdateTensor> tensors = {tensor_at(0, 37), tensor_at(0, 0), tensor_at(4, 16, 1, false)};
  const std::vector<UpdateChunk> chunks = update_chunks(tensors, Precision::kFp32, 16);
  ASSERT_EQ(chunks.size(), 4u);
  const std::uint32_t elements[] = {16, 16, 5, 16}, quads[] = {4, 4, 1, 0};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(chunks[i].elements, elements[i]);
    EXPECT_EQ(chunks[i].quads, quads[i]);
  }
  EXPECT_EQ(address(chunks[2].value), 0x100000u + 32 * 4);
  EXPECT_EQ(address(chunks[2].gradient), 0x200000u + 32 * 4);
  EXPECT_EQ(address(chunks[2].first), 0x300000u + 32 * 4);
  EXPECT_EQ(chunks[2].second, nullptr);
  EXPECT_EQ(address(chunks[2].mask), 0x500000u + 4) << "a byte for eight";
  EXPECT_EQ(address(chunks[3].value), 0x100004u);
  EXPECT_EQ(chunks[3].mask, nullptr);
}

TEST(UpdateChunks, HalfGradientsAreHalfAsFarAndAligned) {
  UpdateTensor tensor = tensor_at(0, 40, 2);
  tensor.gradient = reinterpret_cast<const void*>(0x200008);
  std::vector<UpdateChunk> chunks = update_chunks({tensor}, Precision::kBf16, 16);
  EXPECT_EQ(address(chunks[1].gradient), 0x200008u + 16 * 2);
  EXPECT_EQ(address(chunks[1].second), 0x400000u + 16 * 4);
  EXPECT_EQ(chunks[1].quads, 4u);
  tensor.gradient = reinterpret_cast<const void*>(0x200002);
  EXPECT_EQ(update_chunks({tensor}, Precision::kBf16, 16)[1].quads, 0u);
}

/// One array that is not aligned is enough.
TEST(UpdateChunks, EveryArrayMustBeAlignedForVectors) {
  for (int which = 0; which < 4; ++which) {
    UpdateTensor tensor = tensor_at(0, 16, 2);
    if (which == 0) tensor.value += 2;
    if (which == 1) tensor.gradient = static_cast<const float*>(tensor.gradient) + 1;
    if (which == 2) tensor.first += 3;
    if (which == 3) tensor.second += 1;
    EXPECT_EQ(update_chunks({tensor}, Precision::kFp32, 16).front().quads, 0u) << which;
  }
}

TEST(UpdateChunks, LargeTensorsKeepTheirAddresses) {
  const std::int64_t count = (std::int64_t{3} << 30) + 5;
  const std::vector<UpdateChunk> chunks = update_chunks({tensor_at(0, count)}, Precision::kFp32, 1 << 20);
  ASSERT_EQ(chunks.size(), (3u << 10) + 1);
  EXPECT_EQ(chunks.back().elements, 5u);
  EXPECT_EQ(address(chunks.back().value), 0x100000u + (std::uintptr_t{3} << 32));
  EXPECT_EQ(address(chunks.back().mask), 0x500000u + (std::uintptr_t{3} << 27));
}

TEST(UpdateChunks, StatesAreCountedAndMustAgree) {
  EXPECT_EQ(state_arrays({}, Precision::kFp32), 0);
  for (const int states : {0, 1, 2}) {
    EXPECT_EQ(state_arrays({tensor_at(0, 1, states), tensor_at(0, 0, 0), tensor_at(0, 9, states)},
                           Precision::kFp32),
              states);
  }
  EXPECT_THROW(state_arrays({tensor_at(0, 1, 1), tensor_at(0, 1, 2)}, Precision::kFp32),
               std::invalid_argument);
  UpdateTensor tensor = tensor_at(0, 1, 2);
  tensor.first = nullptr;
  EXPECT_THROW(state_arrays({tensor}, Precision::kFp32), std::invalid_argument);
}

TEST(UpdateChunks, RefuseWhatIsNoTensor) {
  const auto refused = [](const UpdateTensor& tensor, Precision gradients = Precision::kFp32) {
    EXPECT_THROW(state_arrays({tensor}, gradients), std::invalid_argument);
  };
  UpdateTensor tensor = tensor_at(0, 1);
  tensor.value = nullptr;
  refused(tensor);
  tensor = tensor_at(0, 1);
  tensor.gradient = nullptr;
  refused(tensor);
  refused(tensor_at(2, 1));
  refused(tensor_at(1, 1), Precision::kBf16);
  refused(tensor_at(0, -1));
  EXPECT_THROW(update_chunks({}, Precision::kTf32, 16), std::invalid_argument);
  EXPECT_THROW(update_chunks({}, Precision::kFp32, 12), std::invalid_argument);
  EXPECT_THROW(update_chunks({}, Precision::kFp32, 0), std::invalid_argument);
}

TEST(UpdateChunks, EveryMultiprocessorHasOneWhereThereAreEnough) {
  EXPECT_EQ(update_threads(100'000'000, 132), 256);
  EXPECT_EQ(update_threads(132 * 4096, 132), 256);
  EXPECT_EQ(update_threads(132 * 4096 - 1, 132), 128);
  EXPECT_EQ(update_threads(269'722, 132), 64) << "ResNet-20, LeNet-300-100";
  EXPECT_EQ(update_threads(132 * 2048, 132), 128);
  EXPECT_EQ(update_threads(1, 132), 64);
}

TEST(PlannedSteps, RefuseNoneAndMixedMomentum) {
  EXPECT_THROW(PlannedSteps<SgdStep>({}), std::invalid_argument);
  EXPECT_THROW(PlannedSteps<SgdStep>({{0.1, 0.9, 0}, {0.1, 0, 0}}), std::invalid_argument);
}

TEST(UpdateTraffic, CountsSectorsByHand) {
  // Octets of 100 elements: 0 has one kept, 1 none, 2 all, 3 to 11 none, 12 (4 elements) garbage behind the
  // end.
  std::vector<std::uint64_t> mask = {0xff0010, std::uint64_t{0xf0} << 32};
  const UpdateTraffic clear = update_traffic(mask.data(), 100, kMomentumSgdArrays);
  EXPECT_EQ(clear.read, 32 * (2 * 2 + 2 + 1)) << "value, velocity, gradient; 13 bytes of mask";
  EXPECT_EQ(clear.written, 32 * 2 * 13);
  const UpdateTraffic zero =
      update_traffic(mask.data(), 100, kMomentumSgdArrays, Precision::kFp32, Pruned::kZero);
  EXPECT_EQ(zero.read, clear.read);
  EXPECT_EQ(zero.written, 32 * 2 * 2);
  EXPECT_EQ(zero.total(), zero.read + zero.written);
  // A sector holds 16 gradients in bf16: elements 0 to 15 and 16 to 31.
  EXPECT_EQ(update_traffic(mask.data(), 100, kMomentumSgdArrays, Precision::kBf16).read,
            32 * (2 * 2 + 2 + 1));
  mask[0] = 0x8001;  // of one such sector
  EXPECT_EQ(update_traffic(mask.data(), 100, kMomentumSgdArrays, Precision::kBf16).read,
            32 * (2 * 2 + 1 + 1));
  // Memory that moves 64 bytes brings 16 floats or 32 bf16.
  EXPECT_EQ(update_traffic(mask.data(), 100, kAdamArrays, Precision::kFp32, Pruned::kZero, 64).total(),
            64 * (3 + 1 + 1 + 3));
}

TEST(UpdateTraffic, WithoutAMaskAllMoves) {
  const UpdateTraffic all = update_traffic(nullptr, 1 << 20, kMomentumSgdArrays);
  EXPECT_EQ(all.read, 12 << 20);
  EXPECT_EQ(all.written, 8 << 20);
  EXPECT_EQ(update_traffic(nullptr, 1 << 20, kAdamArrays).total(), 28 << 20);
  EXPECT_EQ(update_traffic(nullptr, 1 << 20, kStatelessSgdArrays).total(), 12 << 20);
  EXPECT_EQ(update_traffic(nullptr, 1 << 20, kFreshSgdArrays).total(), 16 << 20);
  EXPECT_EQ(update_traffic(nullptr, 0, kAdamArrays).total(), 0);
}

/// At 90% and 98% sparse 43% and 85% of the sectors of 8 elements are pruned.
TEST(UpdateTraffic, OfRandomMasks) {
  constexpr std::int64_t kCount = 1 << 20;
  std::mt19937_64 random(1);
  for (const auto& [density, part] : {std::pair{0.1, 0.4305}, std::pair{0.02, 0.8508}}) {
    std::vector<std::uint64_t> mask(kCount / 64);
    std::bernoulli_distribution kept(density);
    for (std::uint64_t& word : mask) {
      for (int bit = 0; bit < 64; ++bit) word |= std::uint64_t{kept(random)} << bit;
    }
    const UpdateTraffic traffic =
        update_traffic(mask.data(), kCount, kMomentumSgdArrays, Precision::kFp32, Pruned::kZero);
    EXPECT_NEAR(static_cast<double>(traffic.total() - kCount / 8) / (20.0 * kCount), 1 - part, 0.003);
  }
}

/// Blocks take chunks in turns: where all that is kept is one tensor of many, no block has more than its
/// share and a chunk.
TEST(UpdateTraffic, SkewedMasksAreSpreadOverBlocks) {
  constexpr std::int64_t kChunk = 4096, kBlocks = 132 * 3, kTensors = 20, kCount = 1 << 20;
  const std::vector<std::uint64_t> none(kCount / 64);
  std::vector<std::int64_t> bytes(kBlocks);
  std::int64_t chunk = 0, all = 0, largest = 0;
  for (std::int64_t tensor = 0; tensor < kTensors; ++tensor) {
    for (std::int64_t begin = 0; begin < kCount; begin += kChunk, ++chunk) {
      const std::int64_t cost = update_traffic(tensor == 7 ? nullptr : none.data(), kChunk,
                                               kMomentumSgdArrays, Precision::kFp32, Pruned::kZero)
                                    .total();
      bytes[static_cast<std::size_t>(chunk % kBlocks)] += cost;
      largest = std::max(largest, cost);
      all += cost;
    }
  }
  const std::int64_t most = *std::max_element(bytes.begin(), bytes.end());
  EXPECT_LE(static_cast<double>(most), static_cast<double>(all) / kBlocks + static_cast<double>(largest));
}

}  // namespace
}  // namespace coppice::kernels
