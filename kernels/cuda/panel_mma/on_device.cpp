#include "kernels/cuda/panel_mma/on_device.h"

#include <vector>

namespace coppice::kernels {

namespace {

PanelLaunch launch_of(const CudaRequest& request, const PackedPanels& packed) {
  PanelLaunch launch;
  launch.work = std::ssize(packed.work);
  launch.tiles = (request.images + packed.tiling.columns - 1) / packed.tiling.columns;
  launch.warps = packed.tiling.warps;
  launch.columns = packed.tiling.columns;
  launch.shared_bytes = packed.shared_bytes();
  return launch;
}

/// A block of threads has kPanelRows * columns sums for each of its warps.
std::int64_t partial_bytes(const PanelLaunch& launch) {
  return std::int64_t{kPanelRows} * launch.columns * launch.warps * static_cast<std::int64_t>(sizeof(float));
}

DeviceBuffer none_done(std::int64_t partials) {
  return on_device(std::vector<unsigned>(static_cast<std::size_t>(partials)));
}

}  // namespace

PanelsOnDevice::PanelsOnDevice(const CudaRequest& request, const PackedPanels& packed)
    : tiling_(packed.tiling),
      launch_(launch_of(request, packed)),
      partials_(packed.partials * launch_.tiles),
      bytes_read_(0),
      rows_(request, packed.rows),
      work_(on_device(packed.work)),
      lists_(on_device(packed.lists)),
      from_(on_device(packed.from)),
      records_(on_device(packed.records)),
      places_(on_device(packed.places)),
      partial_sums_(partials_ * partial_bytes(launch_)),
      parts_done_(none_done(partials_)) {
  bytes_read_ = packed.bytes_read() + rows_.bytes();
}

PanelsOnDevice::PanelsOnDevice(const PanelsOnDevice& other)
    : tiling_(other.tiling_),
      launch_(other.launch_),
      partials_(other.partials_),
      bytes_read_(other.bytes_read_),
      rows_(other.rows_),
      work_(other.work_.copy()),
      lists_(other.lists_.copy()),
      from_(other.from_.copy()),
      records_(other.records_.copy()),
      places_(other.places_.copy()),
      partial_sums_(other.partial_sums_.bytes()),
      parts_done_(none_done(partials_)) {}

PanelProblem PanelsOnDevice::problem(const void* x, const void* residual, void* y) {
  PanelProblem problem = {};
  problem.work = work_.as<PanelWork>();
  problem.lists = lists_.as<std::uint32_t>();
  problem.from = from_.as<std::uint32_t>();
  problem.records = records_.as<std::uint32_t>();
  problem.places = places_.as<std::uint8_t>();
  problem.x = static_cast<const std::uint16_t*>(x);
  problem.partial_sums = partial_sums_.as<float>();
  problem.parts_done = parts_done_.as<unsigned>();
  problem.out = rows_.output(residual, y);
  return problem;
}

}  // namespace coppice::kernels
