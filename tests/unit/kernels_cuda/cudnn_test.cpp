#if __has_include(<cudnn.h>)
#include <random>

#include <gtest/gtest.h>

#include "kernels/cuda/libraries/cudnn_problem.h"
#include "unit/kernels_cuda/convolutions.h"

namespace coppice::kernels {
namespace {

TEST(CudnnDescriptors, AreTheLayer) {
  if (!cudnn().usable()) GTEST_SKIP() << cudnn().problem();
  std::mt19937 random(13);
  for (int round = 0; round < 300; ++round) {
    const LayerShape s = random_convolution(random);
    const std::int64_t images = 1 + random() % 5;
    const Order order = random() % 2 ? Order::kPlain : Order::kChannelsLast;
    const bool bf16 = random() % 2;
    const ConvolutionProblem problem(s, images, order, bf16 ? Precision::kBf16 : Precision::kFp32,
                                     CUDNN_FMA_MATH);
    int n = 0, c = 0, h = 0, w = 0;
    ASSERT_EQ(cudnn().cudnnGetConvolution2dForwardOutputDim(problem.convolution.get(), problem.x.get(),
                                                            problem.weights.get(), &n, &c, &h, &w),
              CUDNN_STATUS_SUCCESS);
    ASSERT_EQ(n, images);
    ASSERT_EQ(c, s.outputs);
    ASSERT_EQ(h, s.out_height());
    ASSERT_EQ(w, s.out_width());
    const Activations x = {images, s.channels, s.height, s.width, {order, 0}};
    const Activations y = {images, s.outputs, s.out_height(), s.out_width(), {order, 0}};
    for (const auto& [tensor, shape] : {std::pair(problem.x.get(), x), std::pair(problem.y.get(), y)}) {
      cudnnDataType_t type{};
      int sn = 0, sc = 0, sh = 0, sw = 0;
      ASSERT_EQ(cudnn().cudnnGetTensor4dDescriptor(tensor, &type, &n, &c, &h, &w, &sn, &sc, &sh, &sw),
                CUDNN_STATUS_SUCCESS);
      ASSERT_EQ(type, bf16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT);
      for (int i = 0; i < 20; ++i) {
        const auto at = [&](int size) { return static_cast<std::int64_t>(random() % size); };
        const std::int64_t image = at(n), channel = at(c), row = at(h), column = at(w);
        ASSERT_EQ(image * sn + channel * sc + row * sh + column * sw,
                  shape.offset(image, channel, row, column));
      }
    }
  }
}

TEST(CudnnDescriptors, FormsAreWhatTheDocumentationAllows) {
  const auto count = [](Precision precision, bool more, bool relu, bool fused) {
    int n = 0;
    for (const ConvolutionForm& form : convolution_forms(precision, more, relu)) {
      if (fused && form.fused && !relu) {
        EXPECT_EQ(form.algorithm, CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM);
      }
      if (precision == Precision::kFp32) {
        EXPECT_EQ(form.math, CUDNN_FMA_MATH);
      }
      n += form.fused == fused;
    }
    return n;
  };
  EXPECT_EQ(count(Precision::kFp32, false, false, false), 8);
  EXPECT_EQ(count(Precision::kFp32, false, false, true), 0);
  EXPECT_EQ(count(Precision::kFp32, true, false, true), 1);
  EXPECT_EQ(count(Precision::kFp32, true, true, true), 8);
  EXPECT_EQ(count(Precision::kTf32, true, true, true), 16);
  EXPECT_EQ(count(Precision::kBf16, true, true, true), 16);  // with the bias in FP32 and in bf16
  EXPECT_EQ(count(Precision::kBf16, true, true, false), 8);
}
}  // namespace
}  // namespace coppice::kernels
#endif
