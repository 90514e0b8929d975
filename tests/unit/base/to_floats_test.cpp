#include "base/to_floats.h"

#include "coppice/error.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "gtest/gtest.h"

namespace coppice {
namespace {

template <class Element>
Tensor tensor_of(DType dtype, const std::vector<Element>& elements) {
  Tensor tensor = Tensor::zeros(dtype, {static_cast<std::int64_t>(elements.size())});
  std::memcpy(tensor.bytes.data(), elements.data(), elements.size() * sizeof(Element));
  return tensor;
}

TEST(ToFloats, HalvesAreExact) {
  const auto half = [](std::uint16_t bits) {
    return to_floats(tensor_of<std::uint16_t>(DType::kF16, {bits})).at(0);
  };
  EXPECT_EQ(half(0x3C00), 1.0f);
  EXPECT_EQ(half(0xC000), -2.0f);
  EXPECT_EQ(half(0x3555), 0x1.554p-2f);  // the half nearest to 1/3
  EXPECT_EQ(half(0x7BFF), 65504.0f);
  EXPECT_EQ(half(0x0400), 0x1p-14f);  // the least normal one
  EXPECT_EQ(half(0x03FF), 0x3FFp-24f);
  EXPECT_EQ(half(0x8001), -0x1p-24f);
  EXPECT_EQ(half(0x0000), 0.0f);
  EXPECT_TRUE(std::signbit(half(0x8000)));
  EXPECT_EQ(half(0x7C00), std::numeric_limits<float>::infinity());
  EXPECT_EQ(half(0xFC00), -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(half(0x7E00)));
}

TEST(ToFloats, OtherTypes) {
  EXPECT_EQ(to_floats(tensor_of<std::uint16_t>(DType::kBF16, {0x3F80, 0x4049, 0xC000})),
            (std::vector<float>{1, 3.140625f, -2}));
  EXPECT_EQ(to_floats(tensor_of<double>(DType::kF64, {0.1, -3})), (std::vector<float>{0.1f, -3}));
  EXPECT_EQ(to_floats(tensor_of<float>(DType::kF32, {0.1f})), (std::vector<float>{0.1f}));
  EXPECT_THROW(to_floats(Tensor::zeros(DType::kI64, {2})), Failure);
}

TEST(ToFloats, FloatingTypesAreFour) {
  for (const DType dtype : {DType::kF16, DType::kBF16, DType::kF32, DType::kF64})
    EXPECT_TRUE(is_floating(dtype));
  for (const DType dtype : {DType::kBool, DType::kU8, DType::kI8, DType::kI16, DType::kI32, DType::kI64})
    EXPECT_FALSE(is_floating(dtype));
}

}  // namespace
}  // namespace coppice
