#include "coppice/tensor.h"

#include "coppice/error.h"

#include "gtest/gtest.h"

namespace coppice {
namespace {

TEST(DType, NamesAndSizesAreThoseOfSafetensors) {
  const std::vector<std::tuple<DType, std::string, std::size_t>> rows = {
      {DType::kBool, "BOOL", 1}, {DType::kU8, "U8", 1},   {DType::kI8, "I8", 1},   {DType::kI16, "I16", 2},
      {DType::kI32, "I32", 4},   {DType::kI64, "I64", 8}, {DType::kF16, "F16", 2}, {DType::kBF16, "BF16", 2},
      {DType::kF32, "F32", 4},   {DType::kF64, "F64", 8}};
  for (const auto& [dtype, name, size] : rows) {
    EXPECT_EQ(dtype_name(dtype), name);
    EXPECT_EQ(size_of(dtype), size);
    EXPECT_EQ(dtype_from_name(name), dtype);
  }
  for (const char* name : {"", "f32", "F8", "float32", "F32 "}) EXPECT_THROW(dtype_from_name(name), BadInput);
}

TEST(ElementCount, OfAnyShape) {
  using Shape = std::vector<std::int64_t>;
  EXPECT_EQ(element_count(Shape{}), 1);
  EXPECT_EQ(element_count(Shape{7}), 7);
  EXPECT_EQ(element_count(Shape{2, 3, 4}), 24);
  EXPECT_EQ(element_count(Shape{2, 0, 4}), 0);
  const std::int64_t big = std::int64_t{1} << 31;
  EXPECT_EQ(element_count(Shape{big, big}), std::int64_t{1} << 62);
  EXPECT_EQ(element_count(Shape{big, big, big, 0}), 0);  // nothing, however it is spelt
  EXPECT_THROW(element_count(Shape{big, big, 2}), BadInput);
  EXPECT_THROW(element_count(Shape{big, big, big, big, big}), BadInput);
  EXPECT_THROW(element_count(Shape{INT64_MAX}), BadInput);
  EXPECT_THROW(element_count(Shape{-1}), BadInput);
  EXPECT_THROW(element_count(Shape{-1, -1}), BadInput);
}

TEST(Tensor, ZerosAndTypedViews) {
  Tensor tensor = Tensor::zeros(DType::kF32, {2, 3});
  EXPECT_EQ(tensor.size(), 6);
  EXPECT_EQ(tensor.bytes.size(), 24u);
  ASSERT_EQ(tensor.as<float>().size(), 6u);
  tensor.as<float>()[5] = 2.0f;
  const Tensor& constant = tensor;
  EXPECT_EQ(constant.as<float>()[5], 2.0f);
  EXPECT_EQ(constant.as<float>()[4], 0.0f);
  EXPECT_NE(tensor, Tensor::zeros(DType::kF32, {2, 3}));
  EXPECT_EQ(Tensor::zeros(DType::kI64, {}).as<std::int64_t>().size(), 1u);
  EXPECT_EQ(Tensor::zeros(DType::kBool, {4}).as<std::uint8_t>().size(), 4u);
  EXPECT_EQ(Tensor::zeros(DType::kF16, {3}).bytes.size(), 6u);
}

TEST(Tensor, AWrongViewIsRefused) {
  Tensor tensor = Tensor::zeros(DType::kF32, {2});
  EXPECT_THROW(tensor.as<double>(), Failure);
  EXPECT_THROW(tensor.as<std::int32_t>(), Failure);
  EXPECT_THROW(tensor.as<std::uint8_t>(), Failure);
  EXPECT_THROW(Tensor::zeros(DType::kI16, {2}).as<std::int8_t>(), Failure);
  EXPECT_THROW(Tensor::zeros(DType::kF32, {-2}), BadInput);
}

}  // namespace
}  // namespace coppice
