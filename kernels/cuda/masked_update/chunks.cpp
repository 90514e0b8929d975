#include "kernels/cuda/masked_update/chunks.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace coppice::kernels {

namespace {

bool aligned(const void* pointer, std::uintptr_t bytes) {
  return reinterpret_cast<std::uintptr_t>(pointer) % bytes == 0;
}

void check_array(const void* array, std::int64_t element, const char* what) {
  if (!array) throw std::invalid_argument(std::string("masked-update: ") + what + " is null");
  if (!aligned(array, static_cast<std::uintptr_t>(element)))
    throw std::invalid_argument(std::string("masked-update: ") + what + " is not aligned to its elements");
}

bool vectors_may_move(const UpdateTensor& tensor, std::int64_t gradient_bytes) {
  return aligned(tensor.value, 16) && aligned(tensor.first, 16) && aligned(tensor.second, 16) &&
         aligned(tensor.gradient, static_cast<std::uintptr_t>(4 * gradient_bytes));
}

template <class T>
T* advanced(T* array, std::int64_t elements) {
  return array ? array + elements : nullptr;
}

}  // namespace

int state_arrays(const std::vector<UpdateTensor>& tensors, Precision gradients) {
  int arrays = -1;
  for (const UpdateTensor& tensor : tensors) {
    if (tensor.count < 0) throw std::invalid_argument("masked-update: a tensor with fewer than 0 elements");
    if (tensor.count == 0) continue;
    check_array(tensor.value, 4, "a value");
    check_array(tensor.gradient, element_bytes(gradients), "a gradient");
    if (tensor.first) check_array(tensor.first, 4, "a state");
    if (tensor.second) check_array(tensor.second, 4, "a state");
    const int own = tensor.first ? (tensor.second ? 2 : 1) : 0;
    if ((own == 0 && tensor.second) || (arrays >= 0 && own != arrays))
      throw std::invalid_argument("masked-update: some tensors have state that others have not");
    arrays = own;
  }
  return std::max(arrays, 0);
}

std::vector<UpdateChunk> update_chunks(const std::vector<UpdateTensor>& tensors, Precision gradients,
                                       std::int64_t chunk_elements) {
  if (gradients != Precision::kFp32 && gradients != Precision::kBf16)
    throw std::invalid_argument("masked-update: gradients are fp32 or bf16");
  if (chunk_elements < 8 || chunk_elements % 8 != 0 || chunk_elements > 1 << 20)
    throw std::invalid_argument("masked-update: no such chunks");
  const std::int64_t gradient_bytes = element_bytes(gradients);
  std::vector<UpdateChunk> chunks;
  for (const UpdateTensor& tensor : tensors) {
    const bool vectors = vectors_may_move(tensor, gradient_bytes);
    for (std::int64_t begin = 0; begin < tensor.count; begin += chunk_elements) {
      UpdateChunk chunk = {};
      chunk.value = tensor.value + begin;
      chunk.gradient = static_cast<const unsigned char*>(tensor.gradient) + begin * gradient_bytes;
      chunk.first = advanced(tensor.first, begin);
      chunk.second = advanced(tensor.second, begin);
      // The device is little-endian: byte i / 8 has the bit of element i at i % 8.
      chunk.mask = advanced(reinterpret_cast<const std::uint8_t*>(tensor.mask), begin / 8);
      chunk.elements = static_cast<std::uint32_t>(std::min(chunk_elements, tensor.count - begin));
      chunk.quads = vectors ? chunk.elements / 4 : 0;
      chunks.push_back(chunk);
    }
  }
  return chunks;
}

int update_threads(std::int64_t elements, int multiprocessors) {
  int threads = kUpdateMostThreads;
  while (threads > 64 && elements < update_chunk_elements(threads) * multiprocessors) threads /= 2;
  return threads;
}

}  // namespace coppice::kernels
