#include "kernels/cuda/timing/rotation.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace coppice::kernels {

std::int64_t copies_for_cold_caches(std::int64_t bytes_of_one, std::int64_t l2_bytes) {
  const std::int64_t one = std::max<std::int64_t>(bytes_of_one, 1);
  return std::max<std::int64_t>((3 * l2_bytes + one - 1) / one, 1);
}

Rotation::Rotation(std::unique_ptr<CudaRunner> runner, const DeviceBuffer& x, std::int64_t y_bytes,
                   std::int64_t copies) {
  copies_.push_back({std::move(runner), x.copy(), DeviceBuffer(y_bytes)});
  grow(copies);
}

void Rotation::grow(std::int64_t copies) {
  if (copies < 1 || copies > kMostCopies) throw std::invalid_argument("a rotation of 1 to 2048 copies");
  while (this->copies() < copies) {
    const Copy& first = copies_.front();
    copies_.push_back({first.runner->replicate(), first.x.copy(), DeviceBuffer(first.y.bytes())});
  }
}

void Rotation::run(std::int64_t call, CudaStream stream) {
  Copy& copy = copies_[static_cast<std::size_t>(call % copies())];
  copy.runner->run(copy.x.data(), nullptr, copy.y.data(), stream);
}

std::int64_t Rotation::bytes() const {
  const Copy& one = copies_.front();
  return copies() * (one.runner->packed_bytes() + one.x.bytes() + one.y.bytes());
}

}  // namespace coppice::kernels
