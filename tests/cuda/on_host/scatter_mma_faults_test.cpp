// The scatter-mma kernel's source with faults planted in it: each must show, or the tests beside this one
// prove nothing.
#include <cstdio>
#include <set>
#include <sys/wait.h>
#include <unistd.h>

#include "cuda/linear_cases.h"
#include "kernels/cuda/device.cuh"
#include "kernels/cuda/elements.cuh"
#include "kernels/cuda/on_host/host_device.h"
#include "kernels/cuda/on_host/host_run_error.h"
#include "kernels/cuda/on_host/schedule.h"
#include "kernels/cuda/scatter_mma/on_device.h"

namespace planted_scatter {

using Site = ::coppice::kernels::host_run::Site;

struct Faults {
  std::string barrier;  ///< Where the barrier is that is left out, of a block or a warp.
  bool wait_late = false, no_last_wait = false;  ///< For a stage's copies.
  bool no_erase = false, no_clear = false;       ///< Of the tile.
  bool few_words = false;                        ///< No more than the first of each lane.
  int arrivals = 0;                              ///< Counted too many.
  int shuffle_shift = 0;
  std::ptrdiff_t store_shift = 0;  ///< Added to where an element of y goes.
  bool no_wait = false;            ///< For the launch before.
} faults;
std::set<std::string> barriers;  // as they are met

bool left_out(const Site& site) {
  const std::string here = ::coppice::kernels::host_run::text(site);
  barriers.insert(here);
  return here == faults.barrier;
}
void block_barrier(const Site& site) {
  if (!left_out(site)) ::__syncthreads(site);
}
void warp_barrier(const Site& site) {
  if (!left_out(site)) ::__syncwarp(0xffffffffu, site);
}
template <int pending>
void wait_for_copies() {
  if (faults.wait_late)
    ::coppice::kernels::async_wait<pending + 1>();
  else
    ::coppice::kernels::async_wait<pending>();
}
template <int pending>
void wait_for_last_copies() {
  if (!faults.no_last_wait) ::coppice::kernels::async_wait<pending>();
}
std::uint32_t arrive(std::uint32_t* counter, std::uint32_t more) {
  return ::atomicAdd(counter, more) + static_cast<std::uint32_t>(faults.arrivals);
}
std::uint32_t shuffle(unsigned mask, std::uint32_t value, int from, const Site& site) {
  return ::__shfl_sync(mask, value, (from + faults.shuffle_shift) % 32, 32, site);
}
std::uint32_t words_end(std::uint32_t begin, std::uint32_t end) {
  return faults.few_words ? std::min(end, begin + 32) : end;
}
void wait() {
  if (!faults.no_wait) ::coppice::kernels::wait_for_previous_launch();
}

// The kernel once more, in a namespace of its own.
namespace coppice::kernels {
using namespace ::coppice::kernels;
}
#define __syncthreads() ::planted_scatter::block_barrier(::planted_scatter::Site::current())
#define __syncwarp() ::planted_scatter::warp_barrier(::planted_scatter::Site::current())
#define __shfl_sync(mask, value, from) \
  ::planted_scatter::shuffle(mask, value, from, ::planted_scatter::Site::current())
#define store_element(address, value) store_element((address) + ::planted_scatter::faults.store_shift, value)
#define atomicAdd(address, value) ::planted_scatter::arrive(address, value)
#define wait_for_previous_launch() ::planted_scatter::wait()
#define async_wait ::planted_scatter::wait_for_copies
#include "kernels/cuda/row_plan/store_rows.cuh"
#include "kernels/cuda/scatter_mma/finish.cuh"
#include "kernels/cuda/scatter_mma/stage.cuh"
#include "kernels/cuda/scatter_mma/tile.cuh"
#undef async_wait
#define async_wait ::planted_scatter::wait_for_last_copies
#define scatter(tile, groups, begin, end, lane, kept) \
  scatter(tile, groups, begin, ::planted_scatter::words_end(begin, end), lane, kept)
#define erase(tile, groups, begin, end, lane, kept) \
  erase(tile, groups, begin, ::planted_scatter::faults.no_erase ? begin : end, lane, kept)
#define clear(tile, lane) clear(tile, ::planted_scatter::faults.no_clear ? Tile::kBytes : lane)
#include "kernels/cuda/scatter_mma/kernel.cuh"
#undef __syncthreads
#undef __syncwarp
#undef __shfl_sync
#undef store_element
#undef atomicAdd
#undef wait_for_previous_launch
#undef async_wait
#undef scatter
#undef erase
#undef clear

}  // namespace planted_scatter

namespace coppice::kernels {
namespace {

class ScatterMmaFaults : public testing::TestWithParam<Order> {
 protected:
  ScatterMmaFaults() : layer_(linear_layer(50, 900)) {
    std::mt19937 random(2);
    // Lists of more words than lanes take at once, of fewer than are erased all together, and one of these.
    fill_rows(layer_, Rows::kEven, 0.17, Precision::kBf16, random);
    give_bias(layer_, random);
    data_ = draw_data(request_, random);
    define(request_, data_);
    pack(6);
  }
  ~ScatterMmaFaults() override { planted_scatter::faults = {}; }

  /// Two blocks of rows; with six parts in all, more rounds of slices in each than there are stages; two
  /// teams and two warps in each, since one cannot overtake itself.
  void pack(std::int64_t parts) {
    const ScatterTiling tiling{1, 2, 2, 2, 300, 1, 1, parts};
    const PackedScatter packed =
        pack_scatter(layer_.weights, request_.images, request_.in.order == Order::kImagesLast,
                     RowOrder::kAsTheyCome, tiling);
    parts_ = std::ssize(packed.parts);
    on_device_ = std::make_unique<ScatterOnDevice>(request_, packed);
  }

  bool wrong(ScatterWorkspace& workspace) {
    const LinearResult result = result_of(request_, data_, [&](const void* x, const void* residual, void* y) {
      ScatterProblem problem = on_device_->problem(residual, y);
      workspace.give_to(problem);
      problem.x = x;
      LaunchShape shape;
      shape.grid = dim3(static_cast<unsigned>(on_device_->launch().blocks));
      shape.block = dim3(static_cast<unsigned>(on_device_->launch().threads));
      shape.shared_bytes = on_device_->launch().shared_bytes;
      shape.overlap_previous = true;
      namespace kernel = planted_scatter::coppice::kernels;
      if (request_.in.order == Order::kImagesLast)
        launch(shape, kernel::scatter_mma_kernel<1, 2, true>, problem);
      else
        launch(shape, kernel::scatter_mma_kernel<1, 2, false>, problem);
    });
    return result.beyond || first_wrong(request_, data_, result.y) >= 0;
  }

  /// The schedules in which the result is wrong, or the harness or a sanitizer objects: that ends a process,
  /// so that each is tried in one of its own.
  int caught() {
    int schedules = 0;
    for (const Schedule schedule : kSchedules) {
      const pid_t child = fork();
      if (child == 0) {
        std::freopen("/dev/null", "w", stderr);
        _exit(unharmed(schedule) ? 0 : 1);
      }
      int status = 0;
      EXPECT_EQ(waitpid(child, &status, 0), child);
      schedules += status != 0;
    }
    return schedules;
  }
  bool unharmed(Schedule schedule) {
    const ScheduleScope scope(schedule, 3);
    ScatterWorkspace workspace(*on_device_);
    try {
      return !wrong(workspace);
    } catch (const HostRunError&) {
      return false;
    }
  }

  Layer layer_;
  CudaDevice device_ = host_device();
  CudaRequest request_{layer_, 24, Precision::kBf16, {GetParam(), 0}, {}, device_};
  LinearData data_;
  std::int64_t parts_ = 0;
  std::unique_ptr<ScatterOnDevice> on_device_;
};

INSTANTIATE_TEST_SUITE_P(Inputs, ScatterMmaFaults, testing::Values(Order::kPlain, Order::kImagesLast));

TEST_P(ScatterMmaFaults, NoneWithoutOne) {
  EXPECT_EQ(caught(), 0);
  EXPECT_EQ(parts_, 6);
}

/// Two are not seen here: that between a part's sums and the count of arrivals, since blocks of threads run
/// one after the other (it is a race, which tests/cuda/races finds), and that of a warp behind its last
/// product, where all lanes have met anyway (compilers may move what follows it).
TEST_P(ScatterMmaFaults, EachBarrier) {
  std::set<std::string> all, seen;
  for (const std::int64_t parts : {2, 6}) {  // row blocks in one part, and in three
    pack(parts);
    planted_scatter::faults.barrier = "";
    planted_scatter::barriers.clear();
    EXPECT_TRUE(unharmed(Schedule::kForward));
    const std::set<std::string> here = planted_scatter::barriers;
    for (const std::string& one : here) {
      planted_scatter::faults.barrier = one;
      if (caught() > 0) seen.insert(one);
    }
    all.insert(here.begin(), here.end());
  }
  EXPECT_EQ(all.size(), 9u)
      << "of a block: slices are there, the last have been used, teams' sums are there, and added up; "
         "a part's are left, the last is known, parts are added up; of a warp: its tile is full, has been "
         "used";
  EXPECT_EQ(seen.size(), 7u);
}

/// In every schedule.
TEST_P(ScatterMmaFaults, EachOfTheOthers) {
  using Faults = planted_scatter::Faults;
  const std::pair<const char*, void (*)(Faults&)> all[] = {
      {"stages awaited one too late", [](Faults& f) { f.wait_late = true; }},
      {"copies that are under way in the end", [](Faults& f) { f.no_last_wait = true; }},
      {"tiles not cleared at first", [](Faults& f) { f.no_clear = true; }},
      {"tiles not erased", [](Faults& f) { f.no_erase = true; }},
      {"words dropped beyond the first of each lane", [](Faults& f) { f.few_words = true; }},
      {"parts added before all are there", [](Faults& f) { f.arrivals = 1; }},
      {"stores one off", [](Faults& f) { f.store_shift = 1; }},
      {"x read before the launch that writes it has ended", [](Faults& f) { f.no_wait = true; }}};
  for (const auto& [what, plant] : all) {
    planted_scatter::faults = {};
    plant(planted_scatter::faults);
    EXPECT_EQ(caught(), 3) << what;
  }
  planted_scatter::faults = {};
  planted_scatter::faults.shuffle_shift = 1;
  EXPECT_EQ(caught(), GetParam() == Order::kImagesLast ? 3 : 0) << "rows of x one off, where they are listed";
}

TEST_P(ScatterMmaFaults, CountersNotSetBackForTheNextRun) {
  ScatterWorkspace workspace(*on_device_);
  EXPECT_FALSE(wrong(workspace));
  EXPECT_FALSE(wrong(workspace)) << "they are";
  planted_scatter::faults.arrivals = 3;  // where the first run would have left them
  EXPECT_TRUE(wrong(workspace));
}

}  // namespace
}  // namespace coppice::kernels
