#include <algorithm>
#include <vector>

#include "cuda/update_cases.h"
#include "kernels/cuda/device.cuh"
#include "kernels/cuda/on_host/host_device.h"
#include "kernels/cuda/on_host/sanitizer.h"
#include "kernels/cuda/on_host/schedule.h"

namespace coppice::kernels {
namespace {

using namespace update_cases;

/// So small that its blocks take several chunks each.
CudaDevice small_device() {
  CudaDevice device = host_device();
  device.multiprocessors = 1;
  return device;
}

TEST(MaskedUpdate, IsExactInEverySchedule) {
#ifdef COPPICE_RACES
  constexpr int kNetworks = 40;
#else
  constexpr int kNetworks = 200;
#endif
  Met met;
  std::uint64_t seed = 0;
  for (const Schedule schedule : kSchedules) {
    const ScheduleScope scope(schedule, 7);
    for (int i = 0; i < kNetworks; ++i, ++seed) {
      check_update(draw_network(seed, i % 8 == 0 ? 96 : 32), seed, small_device(), &met);
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_EQ(met.cases, 3 * kNetworks);
  for (const std::int64_t often : {met.several_rounds, met.empty_tensors, met.unaligned, met.tails,
                                   met.all_pruned, met.skipped, met.planned, met.bf16, met.several_chunks})
    EXPECT_GT(often, kNetworks / 20);
}

TEST(MaskedUpdate, EveryVariantOfThreadsIsExact) {
  for (const int threads : {0, 64, 128, 256}) {
    for (const Kind kind : kKinds) {
      NetworkCase c;
      c.kind = kind;
      c.options.threads = threads;
      c.tensors = {{9000, Pattern::kSparse, 0}, {13, Pattern::kHalf, 1}, {70, Pattern::kNull, 0}};
      check_update(c, 5, host_device());
    }
  }
}

class MaskedUpdateTouches : public testing::TestWithParam<Kind> {
 protected:
  static NetworkCase network_case(Pruned pruned) {
    NetworkCase c;
    c.kind = GetParam();
    c.options.threads = 32;
    c.pruned = pruned;
    c.steps = 1;
    c.tensors = {{1030, Pattern::kOctets, 0}, {515, Pattern::kNone, 0}, {600, Pattern::kSparse, 0}};
    return c;
  }
  /// Of eight elements that vectors move and of which none is kept, the first ones.
  static std::vector<std::int64_t> pruned_octets(const HostTensor& tensor) {
    std::vector<std::int64_t> octets;
    for (std::int64_t i = 0; i + 8 <= std::ssize(tensor.gradient); i += 8) {
      if (!tensor.octet_kept(i)) octets.push_back(i);
    }
    return octets;
  }
};

TEST_P(MaskedUpdateTouches, NoGradientOfEightPruned) {
  for (const Pruned pruned : {Pruned::kAnything, Pruned::kZero}) {
    const NetworkCase c = network_case(pruned);
    Network network(c, 11);
    std::vector<UpdateTensor> tensors = network.tensors();
    // In memory that is none of the device's: all of that the harness itself reads.
    std::vector<std::vector<uint4>> gradients;
    std::size_t hidden = 0;
    for (std::size_t t = 0; t < tensors.size(); ++t) {
      const HostTensor& host = network.expected()[t];
      gradients.emplace_back(host.gradient.size() / 4 + 1);
      auto* const gradient = reinterpret_cast<float*>(gradients.back().data());
      std::copy(host.gradient.begin(), host.gradient.end(), gradient);
      tensors[t].gradient = gradient;
      for (const std::int64_t i : pruned_octets(host)) host_run::poison(gradient + i, 8 * sizeof(float));
      hidden += pruned_octets(host).size();
    }
    EXPECT_GT(hidden, 100u);
    const MaskedUpdate update(tensors, small_device(), c.options);
    run_all(c, update);
    for (std::vector<uint4>& gradient : gradients)
      host_run::unpoison(gradient.data(), gradient.size() * sizeof(uint4));
    expect_all(c, network.expected());
    EXPECT_EQ(network.wrong(), "");
  }
}

TEST_P(MaskedUpdateTouches, NothingOfEightPrunedThatAreZero) {
  const NetworkCase c = network_case(Pruned::kZero);
  Network network(c, 12);
  const std::vector<UpdateTensor> tensors = network.tensors();
  std::vector<const float*> left;  // what is not zero there would be cleared, if it were written
  for (std::size_t t = 0; t < tensors.size(); ++t) {
    for (const std::int64_t i : pruned_octets(network.expected()[t])) {
      for (float* const array : {tensors[t].value, tensors[t].first, tensors[t].second}) {
        if (!array) continue;
        array[i] = 42;
        left.push_back(array + i);
      }
    }
  }
  EXPECT_GT(left.size(), 100u);
  const MaskedUpdate update(tensors, small_device(), c.options);
  run_all(c, update);
  for (const float* const address : left) ASSERT_EQ(*address, 42.0f);
}

INSTANTIATE_TEST_SUITE_P(Kinds, MaskedUpdateTouches, testing::ValuesIn(kKinds));

TEST(MaskedUpdate, AMaskMayChangeBetweenRuns) {
  std::vector<std::uint64_t> mask = {~std::uint64_t{0}, ~std::uint64_t{0}};
  DeviceBuffer bits = on_device(mask), value = on_device(std::vector<float>(100, 1.0f));
  DeviceBuffer velocity = on_device(std::vector<float>(100, 2.0f)),
               gradient = on_device(std::vector<float>(100, 4.0f));
  UpdateTensor tensor{value.as<float>(), gradient.data(),          velocity.as<float>(),
                      nullptr,           bits.as<std::uint64_t>(), 100};
  const MaskedUpdate update({tensor}, host_device());
  update.run(SgdStep{0.5, 0.5, 0}, nullptr);
  EXPECT_EQ(on_host<float>(value), std::vector<float>(100, 1 - 0.5f * 5));
  EXPECT_EQ(on_host<float>(velocity), std::vector<float>(100, 5.0f));
  mask = {0xffff, 0};  // the first 16 stay
  bits.upload(mask.data(), 16);
  update.run(SgdStep{0.5, 0.5, 0}, nullptr);
  const std::vector<float> got = on_host<float>(value), state = on_host<float>(velocity);
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(got[i], i < 16 ? -1.5f - 0.5f * 6.5f : 0.0f) << i;
    EXPECT_EQ(state[i], i < 16 ? 6.5f : 0.0f) << i;
  }
}

TEST(MaskedUpdate, NothingToDoIsDoneWithoutALaunch) {
  const MaskedUpdate none({}, host_device());
  none.run(SgdStep{}, nullptr);
  none.run(AdamStep{}, nullptr);
  const MaskedUpdate empty({UpdateTensor{}}, host_device());
  empty.run(AdamStep{}, nullptr);
  EXPECT_EQ(empty.elements(), 0);
}

TEST(MaskedUpdate, RefusesStatesThatDoNotFit) {
  DeviceBuffer floats(4 * 64);
  const auto update = [&](int states, int threads = 32) {
    float* const array = floats.as<float>();
    const UpdateTensor tensor{
        array, array + 16, states > 0 ? array + 32 : nullptr, states > 1 ? array + 48 : nullptr, nullptr, 16};
    return MaskedUpdate({tensor}, host_device(), {.threads = threads});
  };
  EXPECT_THROW(update(0).run(SgdStep{0.1, 0.9, 0}, nullptr), std::invalid_argument);
  EXPECT_THROW(update(2).run(SgdStep{0.1, 0.9, 0}, nullptr), std::invalid_argument);
  EXPECT_THROW(update(1).run(AdamStep{}, nullptr), std::invalid_argument);
  for (const int threads : {-32, 33, 288}) EXPECT_THROW(update(1, threads), std::invalid_argument);
}

TEST(MaskedUpdate, SaysHowItRuns) {
  DeviceBuffer floats(4 * 10000);
  const UpdateTensor tensor{floats.as<float>(), floats.data(), nullptr, nullptr, nullptr, 2000};
  EXPECT_EQ(MaskedUpdate({tensor}, host_device(), {.threads = 32}).variant(),
            "4 chunks of 512 elements, 32 threads, overlapping the launch before");
  CudaDevice older = host_device();
  older.major = 8;
  EXPECT_EQ(MaskedUpdate({tensor}, older, {.threads = 128}).variant(),
            "1 chunk of 2048 elements, 128 threads");
}

}  // namespace
}  // namespace coppice::kernels
