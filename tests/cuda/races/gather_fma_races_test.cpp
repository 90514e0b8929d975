// Barriers taken out of the compacted SpMM: ThreadSanitizer finds that each is missing, whether or not the
// results are wrong. Among them is the one that keeps a block from being counted before all of its sums are
// there: on the host blocks run one after the other, so that nothing else can tell.
#include "cuda/gather_fma_planted.h"
#include "cuda/linear_cases.h"
#include "kernels/cuda/gather_fma/on_device.h"
#include "kernels/cuda/on_host/host_device.h"

namespace coppice::kernels {
namespace {

TEST(GatherFmaRaces, EachBarrier) {
  std::mt19937 random(2);
  Layer layer = linear_layer(20, 40);
  fill_rows(layer, Rows::kFull, 1, Precision::kFp32, random);
  const CudaDevice device = host_device();
  const Layout last{Order::kImagesLast, 0};
  const CudaRequest request{layer, 12, Precision::kFp32, last, last, device};
  const LinearData data = draw_data(request, random);
  for (const int splits : {1, 2}) {
    const GatherTiling tiling{2,     16, 1, 2, gather_planted::kSliceColumns, gather_planted::kSliceVectors,
                              splits};
    const GatherOnDevice on_device(request, pack_gather(layer.weights, tiling));
    const auto run = [&] {
      result_of(request, data, [&](const void* x, const void* residual, void* y) {
        LaunchShape shape;
        shape.grid = dim3(static_cast<unsigned>(on_device.blocks()));
        shape.block = dim3(64);
        shape.shared_bytes = gather_shared_bytes(tiling);
        launch(shape, gather_planted::coppice::kernels::gather_fma_kernel<16, 1, true>,
               on_device.problem(x, residual, y));
      });
    };
    gather_planted::barrier_lines.clear();
    run();
    const std::set<unsigned> lines = gather_planted::barrier_lines.all();
    EXPECT_EQ(lines.size(), splits > 1 ? 4u : 3u);
    for (const unsigned line : lines) {
      gather_planted::faults.barrier_line = line;
      EXPECT_DEATH(run(), "ThreadSanitizer: data race") << "line " << line;
      gather_planted::faults = {};
    }
  }
}

}  // namespace
}  // namespace coppice::kernels
