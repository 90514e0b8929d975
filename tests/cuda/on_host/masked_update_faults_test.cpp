// Faults planted in the masked update: each must show.
#include "cuda/update_cases.h"
#include "cuda/update_planted.h"
#include "kernels/cuda/on_host/host_run_error.h"
#include "kernels/cuda/on_host/schedule.h"

namespace coppice::kernels {
namespace {

using namespace update_cases;

class MaskedUpdateFaults : public testing::TestWithParam<Pruned> {
 protected:
  MaskedUpdateFaults() {
    case_.kind = Kind::kMomentum;
    case_.pruned = GetParam();
    case_.steps = 2;
    case_.slack = 600;  // a fault must not end the program
    // Several chunks, an end that is no vector, an array that none may move, pruned octets; gradients that
    // are no number wherever nothing is kept.
    case_.tensors = {{1027, Pattern::kHalf, 0},
                     {70, Pattern::kSparse, 1},
                     {600, Pattern::kOctets, 0},
                     {33, Pattern::kNull, 0}};
  }
  ~MaskedUpdateFaults() override { update_planted::faults = {}; }

  /// The schedules in which the result is wrong or the harness objects. `plant` is told the tensors.
  template <class Plant>
  int caught(const Plant& plant) {
    int schedules = 0;
    for (const Schedule schedule : kSchedules) {
      const ScheduleScope scope(schedule, 3);
      Network network(case_, 21);
      const std::vector<UpdateTensor> tensors = network.tensors();
      update_planted::faults = {};
      plant(tensors, update_planted::faults);
      try {
        run(tensors);
        expect_all(case_, network.expected());
        schedules += !network.wrong().empty();
      } catch (const HostRunError&) {
        ++schedules;
      }
    }
    return schedules;
  }

 private:
  void run(const std::vector<UpdateTensor>& tensors) {
    constexpr int kThreads = 32;
    const std::vector<UpdateChunk> chunks =
        update_chunks(tensors, Precision::kFp32, update_chunk_elements(kThreads));
    const DeviceBuffer table = on_device(chunks);
    std::vector<SgdStep> steps;
    for (int number = 1; number <= case_.steps; ++number) steps.push_back(sgd_step(case_.kind, number));
    PlannedSteps<SgdStep> planned(steps);
    UpdateProblem<SgdRule> problem = {};
    problem.chunks = table.as<UpdateChunk>();
    problem.count = static_cast<std::uint32_t>(chunks.size());
    problem.skip_pruned = case_.pruned == Pruned::kZero;
    planned.describe(problem);
    LaunchShape shape;
    shape.grid = dim3(2);  // fewer than chunks
    shape.block = dim3(kThreads);
    shape.shared_bytes = 4;
    shape.overlap_previous = true;
    for (int step = 0; step < case_.steps; ++step)
      launch(shape, update_planted::coppice::kernels::masked_update_kernel<MomentumSgd, float>, problem);
  }

  NetworkCase case_;
};

using Tensors = std::vector<UpdateTensor>;
using update_planted::Faults;

TEST_P(MaskedUpdateFaults, NoneWithoutOne) {
  EXPECT_EQ(caught([](const Tensors&, Faults&) {}), 0);
}
TEST_P(MaskedUpdateFaults, NoWaitForTheLaunchBefore) {
  EXPECT_EQ(caught([](const Tensors&, Faults& faults) { faults.no_wait = true; }), 3);
}
TEST_P(MaskedUpdateFaults, NoEndOfAChunk) {
  EXPECT_EQ(caught([](const Tensors&, Faults& faults) { faults.quads_beyond = 1; }), 3);
}
TEST_P(MaskedUpdateFaults, TheBitOfTheNextElement) {
  EXPECT_EQ(caught([](const Tensors&, Faults& faults) { faults.bit = 1; }), 3);
  EXPECT_EQ(caught([](const Tensors&, Faults& faults) { faults.single_bit = 1; }), 3);
}
TEST_P(MaskedUpdateFaults, TheSameHalfOfAByteForTwoLanes) {
  EXPECT_EQ(caught([](const Tensors&, Faults& faults) { faults.same_half = true; }), 3);
}
TEST_P(MaskedUpdateFaults, TheMaskOfTheNextChunk) {
  EXPECT_EQ(caught([](const Tensors&, Faults& faults) { faults.mask_later = 512 / 8; }), 3);
}
TEST_P(MaskedUpdateFaults, TheRestBeginsLate) {
  EXPECT_EQ(caught([](const Tensors&, Faults& faults) { faults.singles_later = 1; }), 3);
}
TEST_P(MaskedUpdateFaults, AChunkLeftOut) {
  EXPECT_EQ(caught([](const Tensors&, Faults& faults) { faults.chunks_left_out = 1; }), 3);
}
TEST_P(MaskedUpdateFaults, NothingCleared) {
  EXPECT_EQ(caught([](const Tensors&, Faults& faults) { faults.nothing_cleared = true; }), 3);
}
TEST_P(MaskedUpdateFaults, AnArrayNotCleared) {
  if (GetParam() == Pruned::kZero) return;  // it is zero already
  for (float* UpdateTensor::*const array : {&UpdateTensor::value, &UpdateTensor::first}) {
    for (const std::size_t which : {0, 2}) {
      EXPECT_EQ(caught([&](const Tensors& tensors, Faults& faults) {
                  faults.left = tensors[which].*array;
                  faults.left_end = faults.left + tensors[which].count;
                }),
                3);
    }
  }
}
TEST_P(MaskedUpdateFaults, ABlockThatIsNotTheLastTakesItselfForIt) {
  EXPECT_GT(caught([](const Tensors&, Faults& faults) { faults.early = 1; }), 0)
      << "blocks behind it have the rule of the step after";
}
TEST_P(MaskedUpdateFaults, StepsAreNotCounted) {
  EXPECT_EQ(caught([](const Tensors&, Faults& faults) { faults.no_barrier_count = true; }), 3);
}

INSTANTIATE_TEST_SUITE_P(Pruned, MaskedUpdateFaults, testing::Values(Pruned::kAnything, Pruned::kZero));

}  // namespace
}  // namespace coppice::kernels
