#include "measure/bench_shape.h"

#include "coppice/error.h"

#include "gtest/gtest.h"

namespace coppice {
namespace {

TEST(BenchShape, LinearIsOutputsInputsColumns) {
  const BenchShape parsed = parse_bench_shape("300x784x128");
  EXPECT_EQ(parsed.images, 128);
  EXPECT_TRUE(parsed.shape.linear());
  EXPECT_EQ(parsed.shape.outputs, 300);
  EXPECT_EQ(parsed.shape.columns(), 784);
}

TEST(BenchShape, ConvolutionsAreOutInImageWindowStride) {
  const BenchShape same = parse_bench_shape("64,16,32x24,3");
  EXPECT_EQ(same.images, 0) << "the batch is not part of it";
  EXPECT_EQ(same.shape.outputs, 64);
  EXPECT_EQ(same.shape.channels, 16);
  EXPECT_EQ(same.shape.columns(), 144);
  EXPECT_EQ(same.shape.out_height(), 32);
  EXPECT_EQ(same.shape.out_width(), 24);
  const BenchShape halved = parse_bench_shape("128,64,56x56,1,2");
  EXPECT_EQ(halved.shape.padding, 0);
  EXPECT_EQ(halved.shape.stride, 2);
  EXPECT_EQ(halved.shape.pixels(), 28 * 28);
  EXPECT_EQ(parse_bench_shape("64,3,224x224,7,2").shape.out_height(), 112);
}

TEST(BenchShape, WrongOnesAreToldApart) {
  const auto message = [](const std::string& text) {
    try {
      parse_bench_shape(text);
    } catch (const BadInput& error) {
      return std::string(error.what());
    }
    return std::string("taken");
  };
  EXPECT_NE(message("").find("1 of 3 extents"), std::string::npos) << message("");
  EXPECT_NE(message("8x8").find("2 of 3 extents"), std::string::npos);
  EXPECT_NE(message("8x8x8x8").find("4 of 3 extents"), std::string::npos);
  EXPECT_NE(message("8x0x8").find("'0' is no whole number"), std::string::npos);
  EXPECT_NE(message("8x-3x8").find("'-3'"), std::string::npos);
  EXPECT_NE(message("8x3.5x8").find("'3.5'"), std::string::npos);
  EXPECT_NE(message("8x 3x8").find("' 3'"), std::string::npos);
  EXPECT_NE(message("8xx8").find("''"), std::string::npos);
  EXPECT_NE(message("99999999999999999999x8x8").find("no whole number"), std::string::npos);
  EXPECT_NE(message("8,8,8x8").find("3 parts"), std::string::npos);
  EXPECT_NE(message("8,8,8x8,3,1,1").find("6 parts"), std::string::npos);
  EXPECT_NE(message("8,8,8,3").find("'8' is no image size"), std::string::npos);
  EXPECT_NE(message("8,8,8x8,k").find("'k'"), std::string::npos);
  EXPECT_NE(message("1000000x1000000x1").find("1e+12 weights"), std::string::npos);
  EXPECT_NE(message("8x1000000x1000000").find("1e+12 activations"), std::string::npos);
  for (const char* text : {"8x8", "8,8,8x8"})
    EXPECT_NE(message(text).find("1024x1024x128"), std::string::npos) << "no example";
}

TEST(BenchShape, ImageSizes) {
  EXPECT_EQ(parse_image_size("224x112", "--image").height, 224);
  EXPECT_EQ(parse_image_size("224x112", "--image").width, 112);
  for (const char* text : {"", "224", "224x", "0x4", "3x4x5", "ax4"})
    EXPECT_THROW(parse_image_size(text, "--image"), BadInput) << text;
}

}  // namespace
}  // namespace coppice
