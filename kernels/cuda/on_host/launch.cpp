#include "kernels/cuda/on_host/launch.h"

#include "kernels/cuda/on_host/block.h"
#include "kernels/cuda/on_host/device_memory.h"
#include "kernels/cuda/on_host/host_device.h"

namespace coppice::kernels::host_run {

namespace {

void check(const LaunchShape& shape) {
  const auto refuse = [&](const std::string& why) {
    throw HostRunError("launching grid " + HostRunError::text(shape.grid) + ", block " +
                       HostRunError::text(shape.block) + ", " + std::to_string(shape.shared_bytes) +
                       " bytes of shared memory: " + why);
  };
  const dim3 &grid = shape.grid, &block = shape.block;
  if (!grid.x || !grid.y || !grid.z) refuse("the grid is empty");
  if (grid.x > 0x7fffffffu || grid.y > 65535 || grid.z > 65535)
    refuse("a grid has at most (2147483647, 65535, 65535) blocks");
  if (!block.x || !block.y || !block.z) refuse("the block is empty");
  if (block.x > 1024 || block.y > 1024 || block.z > 64) refuse("a block is at most (1024, 1024, 64)");
  if (block.x * block.y * block.z > 1024) refuse("a block has at most 1024 threads");
  const std::int64_t most = host_device().shared_bytes_per_block;
  if (shape.shared_bytes < 0 || shape.shared_bytes > most)
    refuse("a block has at most " + std::to_string(most) + " bytes");
}

/// Around a launch, however it ends.
struct LaunchScope {
  LaunchScope(const Block& block, bool overlapping) : block_(block) {
    DeviceMemory::instance().begin_launch(overlapping);
  }
  ~LaunchScope() {
    block_.join();
    DeviceMemory::instance().end_launch();
  }
  const Block& block_;
};

}  // namespace

void refuse_null_kernel() { throw HostRunError("launching a null kernel"); }

void run(const LaunchShape& shape, const std::function<void()>& body) {
  check(shape);
  const dim3& grid = shape.grid;
  Order order;
  Block block(grid, shape.block, shape.shared_bytes, shape.overlap_previous, body, order);
  const LaunchScope scope(block, shape.overlap_previous);
  for (const std::int64_t i : order.blocks(std::int64_t{grid.x} * grid.y * grid.z))
    block.run({static_cast<unsigned>(i % grid.x), static_cast<unsigned>(i / grid.x % grid.y),
               static_cast<unsigned>(i / grid.x / grid.y)});
}

}  // namespace coppice::kernels::host_run
