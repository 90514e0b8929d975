// The libraries' candidates as far as a machine without a GPU goes: what they refuse, and that making their
// runners fails cleanly.

#include "kernels/cuda/libraries/libraries.h"

#include <gtest/gtest.h>

#include "kernels/cuda/candidate.h"
#include "kernels/cuda/error.h"

namespace coppice::kernels {
namespace {

struct Case {
  LayerShape shape;
  std::int64_t images;
  Precision precision;
  Order order;
  int capability;
  int mask;  ///< 1: every 4th weight; 2: two of four; 3: one of two; 16: the first of every two blocks of 16.
};

struct Request {
  Layer layer;
  CudaDevice device;
  CudaRequest request;

  explicit Request(const Case& c)
      : request{layer, c.images, c.precision, {c.order, 0}, {c.order, 0}, device} {
    device.major = c.capability / 10;
    device.minor = c.capability % 10;
    layer.shape = c.shape;
    std::vector<float> dense(static_cast<std::size_t>(c.shape.outputs * c.shape.columns()));
    for (std::int64_t i = 0; i < c.shape.outputs * c.shape.columns(); ++i) {
      const std::int64_t row = i / c.shape.columns(), column = i % c.shape.columns();
      const bool there = c.mask == 1    ? (row + column) % 4 == 0
                         : c.mask == 2  ? column % 4 < 2
                         : c.mask == 3  ? column % 2 == 0
                         : c.mask == 16 ? row / 16 % 2 == 0 && column / 16 % 2 == 0
                                        : false;
      dense[static_cast<std::size_t>(i)] = there ? 1.f + static_cast<float>(i % 5) : 0;
    }
    layer.weights = csr_from_dense(dense.data(), c.shape.outputs, c.shape.columns());
  }
};

const LayerShape kLinear = {.outputs = 64, .channels = 32};
const LayerShape kConvolution = {.outputs = 16,
                                 .channels = 16,
                                 .height = 8,
                                 .width = 8,
                                 .kernel_height = 3,
                                 .kernel_width = 3,
                                 .padding = 1};
const LayerShape kPointwise = {.outputs = 16, .channels = 16, .height = 8, .width = 8};

/// The names of those that do not refuse. A library that is not on this machine counts as refusing only what
/// it would refuse if it were: its absence is the last of its reasons.
std::string served(const Case& c) {
  const Request r(c);
  std::string names;
  for (const auto& candidate : cuda_library_candidates()) {
    const std::string why = candidate->refusal(r.request);
    if (why.empty() || why.find(" is not here: ") != std::string::npos) names += candidate->name() + " ";
  }
  return names;
}

/// Without those that were built without their header.
std::string without_absent(std::string names) {
  const Request r({kLinear, 1, Precision::kFp32, Order::kPlain, 90, 1});
  for (const auto& candidate : cuda_library_candidates()) {
    if (candidate->refusal(r.request).find("built without") != 0) continue;
    const std::size_t at = names.find(candidate->name() + " ");
    if (at != std::string::npos) names.erase(at, candidate->name().size() + 1);
  }
  return names;
}

TEST(Libraries, ServeWhatTheyCan) {
  using enum Precision;
  using enum Order;
  const struct {
    Case request;
    const char* served;
  } table[] = {
      {{kLinear, 8, kFp32, kPlain, 90, 1}, "cublaslt cusparse "},
      {{kLinear, 8, kFp32, kImagesLast, 75, 1}, "cublaslt cusparse "},
      {{kLinear, 1, kFp32, kChannelsLast, 90, 1}, "cublaslt cublas cusparse "},
      {{kLinear, 1, kBf16, kImagesLast, 90, 0}, "cublaslt cublas "},
      {{kLinear, 8, kTf32, kPlain, 90, 2}, "cublaslt "},
      {{kLinear, 8, kTf32, kPlain, 90, 3}, "cublaslt cusparselt "},
      {{kLinear, 8, kTf32, kPlain, 75, 3}, ""},
      {{kLinear, 8, kBf16, kPlain, 90, 1}, "cublaslt cusparse cusparselt "},
      {{kLinear, 8, kBf16, kImagesLast, 80, 2}, "cublaslt cusparse cusparse-blocks cusparselt "},
      {{kLinear, 7, kBf16, kPlain, 80, 2}, "cublaslt cusparse cusparse-blocks "},
      {{kLinear, 8, kBf16, kPlain, 75, 2}, ""},
      {{kLinear, 8, kFp32, kPlain, 90, 16}, "cublaslt cusparse cusparse-blocks "},
      {{kLinear, 8, kFp32, kLanes, 90, 1}, ""},
      {{kLinear, 8, kFp32, kPlain, 90, 0}, "cublaslt "},
      {{kConvolution, 4, kFp32, kPlain, 75, 1}, "cudnn cudnn-engines "},
      {{kConvolution, 4, kFp32, kChannelsLast, 90, 1}, ""},
      {{kConvolution, 4, kTf32, kPlain, 90, 1}, "cudnn cudnn-engines "},
      {{kConvolution, 4, kTf32, kChannelsLast, 90, 1}, "cudnn cudnn-engines "},
      {{kConvolution, 4, kTf32, kChannelsLast, 75, 1}, ""},
      {{kConvolution, 4, kBf16, kPlain, 90, 1}, ""},
      {{kConvolution, 4, kBf16, kChannelsLast, 90, 1}, "cudnn cudnn-engines "},
      {{kConvolution, 4, kBf16, kImagesLast, 90, 1}, "cusparse-im2col "},
      {{kConvolution, 4, kBf16, kImagesLast, 75, 1}, ""},
      {{kConvolution, 4, kFp32, kImagesLast, 75, 1}, "cusparse-im2col "},
      {{kConvolution, 4, kTf32, kImagesLast, 90, 1}, ""},
      {{kConvolution, 4, kFp32, kImagesLast, 90, 0}, ""},
      {{kConvolution, 1, kFp32, kPlain, 90, 1}, "cusparse-im2col cudnn cudnn-engines "},
      {{kPointwise, 4, kBf16, kChannelsLast, 90, 1}, "cublaslt cusparse cusparselt cudnn cudnn-engines "},
      {{kPointwise, 4, kBf16, kImagesLast, 90, 1}, "cublaslt cusparse cusparselt "},
      {{kPointwise, 4, kFp32, kPlain, 90, 1}, "cudnn cudnn-engines "},
      {{kPointwise, 1, kFp32, kPlain, 90, 1}, "cublaslt cusparse cudnn cudnn-engines "},
  };
  for (const auto& [request, expected] : table) {
    EXPECT_EQ(served(request), without_absent(expected))
        << precision_name(request.precision) << " " << order_name(request.order) << " " << request.images
        << " images, sm_" << request.capability << ", mask " << request.mask << ", "
        << request.shape.kernel_height << "x" << request.shape.kernel_width;
  }
}

TEST(Libraries, SayWhyNot) {
  const auto why = [](const std::string& name, const Case& c) {
    const Request r(c);
    for (const auto& candidate : cuda_library_candidates()) {
      if (candidate->name() == name) return candidate->refusal(r.request);
    }
    return std::string("no such candidate");
  };
  using enum Precision;
  using enum Order;
  EXPECT_EQ(why("cublaslt", {kLinear, 8, kBf16, kPlain, 75, 1}),
            "bf16 needs compute capability 8.0; this device has 7.5");
  EXPECT_EQ(why("cublas", {kLinear, 2, kFp32, kPlain, 90, 1}),
            "more than one column, for which cuBLASLt offers all that cuBLAS has");
  EXPECT_EQ(why("cusparse", {kLinear, 8, kTf32, kPlain, 90, 1}),
            "cuSPARSE multiplies CSR matrices in FP32 and bf16 alone");
  EXPECT_EQ(why("cusparse", {kLinear, 8, kFp32, kPlain, 90, 0}), "a matrix without nonzeros");
  EXPECT_EQ(why("cusparse", {kConvolution, 8, kFp32, kPlain, 90, 1}),
            "a convolution, no product of matrices");
  EXPECT_EQ(why("cusparse-im2col", {kLinear, 8, kFp32, kPlain, 90, 1}), "a linear layer: a product as it is");
  EXPECT_EQ(why("cusparse-im2col", {kPointwise, 8, kFp32, kImagesLast, 90, 1}),
            "a 1x1 convolution: a product as it lies");
  EXPECT_EQ(why("cusparse-im2col", {kConvolution, 8, kFp32, kPlain, 90, 1}),
            "output of several images in an order that is not the matrix'");
  EXPECT_EQ(why("cusparse-im2col", {kConvolution, 1 << 15, kFp32, kImagesLast, 90, 1}),
            "a matrix of inputs of more than 1 GiB");
  if (why("cudnn", {kLinear, 8, kFp32, kPlain, 90, 1}) != "built without cudnn.h") {
    EXPECT_EQ(why("cudnn", {kLinear, 8, kFp32, kPlain, 90, 1}), "a linear layer, no convolution");
    EXPECT_EQ(why("cudnn", {kConvolution, 8, kBf16, kPlain, 90, 1}),
              "cuDNN is at its best in channels-last order in bf16, not in plain");
    LayerShape large = kConvolution;
    large.height = large.width = 1 << 14;
    EXPECT_EQ(why("cudnn", {large, 1, kFp32, kPlain, 90, 1}),
              "more than 2^31 - 1 weights or activations, which cuDNN does not count");
  }
  const std::string groups = why("cusparselt", {kLinear, 8, kTf32, kPlain, 90, 2});
  if (groups != "built without cusparseLt.h") {
    EXPECT_EQ(groups, "some 2 neighbouring weights hold more than 1 nonzeros");
    EXPECT_EQ(why("cusparselt", {kLinear, 8, kFp32, kPlain, 90, 2}),
              "sparse tensor cores multiply in bf16 and TF32 alone");
    EXPECT_EQ(why("cusparselt", {kLinear, 3, kBf16, kPlain, 90, 2}),
              "cuSPARSELt wants weights in multiples of 16 and columns in multiples of 8");
  }
}

/// Everything we call is there in every library that is there, and its version is known.
TEST(Libraries, HaveEveryFunction) {
  std::string names;
  int usable = 0;
  for (const CudaLibrary& library : cuda_libraries()) {
    names += library.name + " ";
    if (library.path.empty()) {
      EXPECT_NE(library.problem, "") << library.name;
      EXPECT_EQ(library.version, "") << library.name;
      continue;
    }
    EXPECT_EQ(library.problem, "") << library.name;
    EXPECT_NE(library.version, "") << library.name;
    RecordProperty(library.name, library.version + " " + library.path);
    ++usable;
  }
  EXPECT_EQ(names, "cuBLASLt cuBLAS cuSPARSE cuSPARSELt cuDNN ");
  if (usable == 0) GTEST_SKIP() << "none of the libraries is here";
}

TEST(Libraries, WithoutADeviceMakingARunnerSaysSo) {
  std::string none;
  if (!cuda_devices(&none).empty()) GTEST_SKIP() << "there is a device";
  const Case cases[] = {{kLinear, 8, Precision::kBf16, Order::kPlain, 90, 2},
                        {kLinear, 1, Precision::kFp32, Order::kPlain, 90, 16},
                        {kConvolution, 2, Precision::kFp32, Order::kPlain, 90, 1}};
  int made = 0;
  for (const Case& c : cases) {
    const Request r(c);
    for (const auto& candidate : cuda_library_candidates()) {
      try {
        candidate->make(r.request);
        ADD_FAILURE() << candidate->name() << " made something without a device";
      } catch (const CudaError& error) {
        EXPECT_GT(std::string(error.what()).size(), 10u);
        const std::string why = candidate->refusal(r.request);
        if (!why.empty()) {
          EXPECT_EQ(error.what(), why);
        }
        ++made;
      }
    }
  }
  EXPECT_EQ(made, 3 * static_cast<int>(cuda_library_candidates().size()));
}

}  // namespace
}  // namespace coppice::kernels
