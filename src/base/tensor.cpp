#include "coppice/tensor.h"

#include "coppice/error.h"

#include <array>

#include <fmt/format.h>

#include "base/text.h"

namespace coppice {

namespace {
struct TypeRow {
  DType dtype;
  std::string_view name;
  std::size_t size;
};
constexpr std::array<TypeRow, 10> kTypes = {{{DType::kBool, "BOOL", 1},
                                             {DType::kU8, "U8", 1},
                                             {DType::kI8, "I8", 1},
                                             {DType::kI16, "I16", 2},
                                             {DType::kI32, "I32", 4},
                                             {DType::kI64, "I64", 8},
                                             {DType::kF16, "F16", 2},
                                             {DType::kBF16, "BF16", 2},
                                             {DType::kF32, "F32", 4},
                                             {DType::kF64, "F64", 8}}};
const TypeRow& row_of(DType dtype) { return kTypes[static_cast<std::size_t>(dtype)]; }

template <class T>
bool holds(DType dtype) {
  if constexpr (std::is_same_v<T, float>) return dtype == DType::kF32;
  if constexpr (std::is_same_v<T, double>) return dtype == DType::kF64;
  if constexpr (std::is_same_v<T, std::int64_t>) return dtype == DType::kI64;
  if constexpr (std::is_same_v<T, std::int32_t>) return dtype == DType::kI32;
  if constexpr (std::is_same_v<T, std::int16_t>) return dtype == DType::kI16;
  if constexpr (std::is_same_v<T, std::int8_t>) return dtype == DType::kI8;
  if constexpr (std::is_same_v<T, std::uint8_t>) return dtype == DType::kU8 || dtype == DType::kBool;
  return false;
}
template <class T>
void require(DType dtype) {
  if (!holds<T>(dtype))
    throw Failure(fmt::format("internal: tensor of {} read as another type", dtype_name(dtype)));
}
}  // namespace

std::size_t size_of(DType dtype) { return row_of(dtype).size; }
std::string_view dtype_name(DType dtype) { return row_of(dtype).name; }

DType dtype_from_name(std::string_view name) {
  std::vector<std::string> names;
  for (const TypeRow& row : kTypes) {
    if (row.name == name) return row.dtype;
    names.emplace_back(row.name);
  }
  throw BadInput(fmt::format("unsupported element type '{}' (supported: {})", name, join(names, ", ")));
}

std::int64_t element_count(std::span<const std::int64_t> shape) {
  constexpr std::int64_t kLimit = std::int64_t{1} << 62;
  std::int64_t count = 1;
  bool overflow = false;
  for (const std::int64_t extent : shape) {
    if (extent < 0) throw BadInput(fmt::format("negative extent {} in a shape", extent));
    if (extent == 0) return 0;
    overflow = overflow || count > kLimit / extent;
    if (!overflow) count *= extent;
  }
  if (overflow) throw BadInput("a shape with more than 2^62 elements");
  return count;
}

Tensor Tensor::zeros(DType dtype, std::vector<std::int64_t> shape) {
  Tensor tensor{dtype, std::move(shape), {}};
  tensor.bytes.resize(static_cast<std::size_t>(tensor.size()) * size_of(dtype));
  return tensor;
}

template <class T>
std::span<T> Tensor::as() {
  require<T>(dtype);
  return {reinterpret_cast<T*>(bytes.data()), bytes.size() / sizeof(T)};
}
template <class T>
std::span<const T> Tensor::as() const {
  require<T>(dtype);
  return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
}

#define COPPICE_TENSOR_AS(T)             \
  template std::span<T> Tensor::as<T>(); \
  template std::span<const T> Tensor::as<T>() const;
COPPICE_TENSOR_AS(float)
COPPICE_TENSOR_AS(double)
COPPICE_TENSOR_AS(std::int64_t)
COPPICE_TENSOR_AS(std::int32_t)
COPPICE_TENSOR_AS(std::int16_t)
COPPICE_TENSOR_AS(std::int8_t)
COPPICE_TENSOR_AS(std::uint8_t)
#undef COPPICE_TENSOR_AS

}  // namespace coppice
