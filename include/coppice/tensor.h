#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace coppice {

/// Element types, with the names that safetensors files give them.
enum class DType { kBool, kU8, kI8, kI16, kI32, kI64, kF16, kBF16, kF32, kF64 };

std::size_t size_of(DType dtype);          ///< Bytes per element.
std::string_view dtype_name(DType dtype);  ///< "F32", "I64", ... as in safetensors.
/// Throws BadInput for a name that is not one of the above.
DType dtype_from_name(std::string_view name);

/// Elements of a shape; 1 for a scalar (empty shape). Throws BadInput on a negative extent or beyond 2^62.
std::int64_t element_count(std::span<const std::int64_t> shape);

/// A contiguous row-major array in host memory: how weights, masks and data travel between layers and to
/// disk.
struct Tensor {
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape;
  std::vector<std::byte> bytes;

  /// Zero-filled.
  static Tensor zeros(DType dtype, std::vector<std::int64_t> shape);

  std::int64_t size() const { return element_count(shape); }

  /// The elements as T, which must be the C++ type of `dtype` (float, double, int64_t, int32_t, uint8_t,
  /// ...). Throws Failure where it is not: a wrong cast is a defect of the caller.
  template <class T>
  std::span<T> as();
  template <class T>
  std::span<const T> as() const;

  bool operator==(const Tensor&) const = default;  ///< Same type, shape and bits.
};

/// Tensors by name, in the order of their names: parameters and buffers of a network, a checkpoint's content.
using Tensors = std::map<std::string, Tensor>;

}  // namespace coppice
