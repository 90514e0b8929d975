#include "kernels/cpu/masked_update/masked_update.h"

#include "cuda/update_cases.h"
#include "kernels/cpu/isa.h"
#include "kernels/cuda/devices.h"
#include "kernels/cuda/timing/graph_timer.h"

namespace coppice::kernels {
namespace {

using namespace update_cases;

/// Named for scripts/gpu.sh, which runs these under compute-sanitizer too.
class SanitizedMaskedUpdate : public testing::Test {
 protected:
  void SetUp() override {
    std::string why;
    const std::vector<CudaDevice> devices = cuda_devices(&why);
    if (devices.empty()) GTEST_SKIP() << "no device: " << why;
    device_ = devices.front();
  }
  CudaDevice device_;
};

TEST_F(SanitizedMaskedUpdate, IsExact) {
  for (std::uint64_t seed = 0; seed < 40 && !HasFatalFailure(); ++seed)
    check_update(draw_network(seed, 32 + 32 * static_cast<int>(seed % 8)), seed, device_);
}

class MaskedUpdateOnDevice : public SanitizedMaskedUpdate {};

TEST_F(MaskedUpdateOnDevice, IsExactForManyNetworks) {
  for (std::uint64_t seed = 100; seed < 600 && !HasFatalFailure(); ++seed)
    check_update(draw_network(seed, 32 + 32 * static_cast<int>(seed % 8)), seed, device_);
}

/// So large that every block takes many chunks, for each kind, both gradients and both states of what is
/// pruned.
TEST_F(MaskedUpdateOnDevice, IsExactForLargeTensors) {
  for (const Kind kind : kKinds) {
    for (const Precision gradients : {Precision::kFp32, Precision::kBf16}) {
      for (const Pruned pruned : {Pruned::kAnything, Pruned::kZero}) {
        NetworkCase c;
        c.kind = kind;
        c.options.gradients = gradients;
        c.pruned = pruned;
        c.planned = pruned == Pruned::kZero;
        c.tensors = {
            {2'500'001, Pattern::kSparse, 0}, {300'000, Pattern::kOctets, 1}, {64, Pattern::kNull, 0}};
        check_update(c, 3, device_);
        if (HasFatalFailure()) return;
      }
    }
  }
}

/// A graph of many steps goes through planned steps as so many calls do.
TEST_F(MaskedUpdateOnDevice, PlannedStepsWorkInsideAGraph) {
  NetworkCase c;
  c.tensors = {{5000, Pattern::kHalf, 0}, {77, Pattern::kNull, 0}};
  c.steps = 20;
  Network network(c, 4);
  const MaskedUpdate update(network.tensors(), device_, c.options);
  std::vector<SgdStep> steps;
  for (int number = 1; number <= c.steps; ++number) steps.push_back(sgd_step(c.kind, number));
  PlannedSteps<SgdStep> planned(steps);
  GraphTimer graph([&](std::int64_t, CudaStream stream) { update.run(planned, stream, c.pruned); }, 5);
  for (int replay = 0; replay < 4; ++replay) graph.replay();
  EXPECT_EQ(planned.done(), 20);
  expect_all(c, network.expected());
  EXPECT_EQ(network.wrong(), "");
}

/// The CPU's own sweep, which has fused multiply-add where the machine does.
TEST_F(MaskedUpdateOnDevice, AgreesWithTheCpu) {
  constexpr std::int64_t kCount = 100'003;
  NetworkCase c;
  c.kind = Kind::kAdam;
  c.tensors = {{kCount, Pattern::kHalf, 0}};
  c.steps = 1;
  Network network(c, 6);
  HostTensor cpu = network.expected().front();
  const MaskedUpdate update(network.tensors(), device_, c.options);
  run_all(c, update);
  masked_adam(cpu.arrays[0].data(), cpu.gradient.data(), cpu.arrays[1].data(), cpu.arrays[2].data(),
              cpu.mask.data(), kCount, adam_step(1));
  expect_all(c, network.expected());
  ASSERT_EQ(network.wrong(), "");
  for (std::size_t i = 0; i < kCount; ++i) {
    const float device = network.expected().front().arrays[0][i], host = cpu.arrays[0][i];
    ASSERT_TRUE(same(device, host) || (isa() == Isa::kV2 && std::abs(device - host) < 1e-6f)) << i;
  }
}

}  // namespace
}  // namespace coppice::kernels
