#pragma once
#include "coppice/error.h"
#include "coppice/tensor.h"

#include <cstring>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace coppice {

/// A tensor whose elements are given as the C++ type of that width: half floats as their bits.
template <class T>
Tensor tensor(DType dtype, std::vector<std::int64_t> shape, const std::vector<T>& values) {
  Tensor out = Tensor::zeros(dtype, std::move(shape));
  EXPECT_EQ(out.bytes.size(), values.size() * sizeof(T));
  if (!values.empty()) std::memcpy(out.bytes.data(), values.data(), out.bytes.size());
  return out;
}

/// Every element type, awkward values (NaN with a payload, -0, infinities, denormals, extremes), scalars,
/// empty tensors, names that need escaping.
inline Tensors samples() {
  using u16 = std::vector<std::uint16_t>;
  using u32 = std::vector<std::uint32_t>;
  Tensors t;
  t["fc1.weight"] = tensor(DType::kF32, {2, 3}, std::vector<float>{1.5f, -2.25f, 0.1f, 3e38f, 1e-45f, -7.0f});
  t["special"] = tensor(DType::kF32, {5}, u32{0x7fc01234, 0x80000000, 0x7f800000, 0xff800000, 0x00000001});
  t["bn1.num_batches_tracked"] = tensor(DType::kI64, {}, std::vector<std::int64_t>{1234567890123456789});
  t["half"] = tensor(DType::kF16, {1, 4}, u16{0x3c00, 0xfc00, 0x0001, 0x7e01});
  t["brain"] = tensor(DType::kBF16, {3}, u16{0x3f80, 0x0001, 0xff80});
  t["double"] = tensor(DType::kF64, {2, 1}, std::vector<double>{1e-320, -0.1});
  t["bytes"] = tensor(DType::kU8, {5}, std::vector<std::uint8_t>{0, 1, 127, 128, 255});
  t["flags"] = tensor(DType::kBool, {3, 1}, std::vector<std::uint8_t>{1, 0, 1});
  t["i8"] = tensor(DType::kI8, {2}, std::vector<std::int8_t>{-128, 127});
  t["i16"] = tensor(DType::kI16, {2}, std::vector<std::int16_t>{-32768, 32767});
  t["i32"] = tensor(DType::kI32, {1, 1, 2}, std::vector<std::int32_t>{INT32_MIN, INT32_MAX});
  t["scalar"] = tensor(DType::kF32, {}, std::vector<float>{0.5f});
  t["true"] = tensor(DType::kBool, {}, std::vector<std::uint8_t>{1});
  t["empty"] = Tensor::zeros(DType::kF32, {0});
  t["empty.matrix"] = Tensor::zeros(DType::kI64, {2, 0, 3});
  t["na\"me\n\xc3\xa9"] = tensor(DType::kU8, {1}, std::vector<std::uint8_t>{9});
  return t;
}

/// That `statement` throws an `Exception` whose message holds all the `words`.
template <class Exception = BadInput, class Statement>
void expect_refusal(const Statement& statement, const std::vector<std::string>& words) {
  try {
    statement();
    ADD_FAILURE() << "was not refused";
  } catch (const Exception& error) {
    for (const std::string& word : words)
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos)
          << word << " is not in: " << error.what();
  }
}

}  // namespace coppice
