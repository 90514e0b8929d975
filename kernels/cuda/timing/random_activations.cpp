#include "kernels/cuda/timing/random_activations.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <random>
#include <vector>

#include "kernels/cuda/bf16.h"

namespace coppice::kernels {

DeviceBuffer random_activations(const Activations& shape, Precision precision) {
  constexpr std::size_t kBlock = 1 << 16;  // repeated: the host's time counts too
  std::mt19937 random(1);
  std::vector<float> floats(kBlock);
  std::vector<Bf16> halves(kBlock);
  for (std::size_t i = 0; i < kBlock; ++i) {
    floats[i] = static_cast<float>(random() % 2000) / 1000.f - 1;
    halves[i] = to_bf16(floats[i]);
  }
  const bool half = precision == Precision::kBf16;
  const void* block = half ? static_cast<const void*>(halves.data()) : floats.data();
  const std::size_t block_bytes = kBlock * static_cast<std::size_t>(element_bytes(precision));
  std::vector<unsigned char> bytes(static_cast<std::size_t>(shape.floats() * element_bytes(precision)));
  for (std::size_t at = 0; at < bytes.size(); at += block_bytes)
    std::memcpy(bytes.data() + at, block, std::min(block_bytes, bytes.size() - at));
  return on_device(bytes);
}

TrialOperands::TrialOperands(const CudaRequest& request)
    : x(random_activations(request.layer.input(request.images, request.in), request.precision)) {
  const Activations out = request.layer.output(request.images, request.out);
  if (request.layer.residual) residual = random_activations(out, request.precision);
  y = DeviceBuffer(out.floats() * element_bytes(request.precision));
}

void TrialOperands::run(CudaRunner& runner, CudaStream stream) {
  runner.run(x.data(), residual.data(), y.data(), stream);
}

}  // namespace coppice::kernels
