#include "cuda_bench/cases.h"

#include "coppice/error.h"

#include <fmt/format.h>

#include "base/text.h"
#include "measure/bench_shape.h"

namespace coppice {

using kernels::LayerShape;
using kernels::Precision;

namespace {

/// Every combination of what it lists, densities of a shape side by side: they share their work.
struct Row {
  const char* suite;
  std::vector<LayerShape> shapes;
  std::vector<std::int64_t> images;
  std::vector<Precision> precisions;
  std::vector<double> densities;
  std::vector<CacheState> caches;
  bool quick = false;  ///< Taken where there is little time too.
  std::vector<MaskPattern> masks = {MaskPattern::kUniform};
};

constexpr auto kBf16 = Precision::kBf16;
constexpr auto kTf32 = Precision::kTf32;
constexpr auto kFp32 = Precision::kFp32;
constexpr auto kCold = CacheState::kCold;
constexpr auto kWarm = CacheState::kWarm;

/// All suites' cases in the order in which they are worth having.
const std::vector<Row>& rows() {
  static const std::vector<LayerShape> square = {linear_shape(8192, 8192), linear_shape(4096, 4096)};
  // Of transformers of two sizes, and the last convolution of ResNets as a matrix.
  static const std::vector<LayerShape> real = {linear_shape(4096, 11008), linear_shape(1024, 4096),
                                               linear_shape(512, 4608)};
  static const LayerShape resnet = conv_shape(256, 256, 14, 14, 3);
  // Others of ResNets: 3x3 of every size, stride 2, 1x1; all of a ResNet-20; VGG's last on CIFAR's images.
  static const std::vector<LayerShape> every_size = {
      conv_shape(64, 64, 56, 56, 3), conv_shape(128, 128, 28, 28, 3), resnet, conv_shape(512, 512, 7, 7, 3)};
  static const std::vector<LayerShape> convolutions = {every_size[0], every_size[1], every_size[3],
                                                       conv_shape(128, 64, 56, 56, 3, 2),
                                                       conv_shape(256, 1024, 14, 14, 1)};
  static const std::vector<LayerShape> resnet20 = {
      conv_shape(16, 3, 32, 32, 3),  conv_shape(16, 16, 32, 32, 3),    conv_shape(32, 16, 32, 32, 3, 2),
      conv_shape(32, 32, 16, 16, 3), conv_shape(64, 32, 16, 16, 3, 2), conv_shape(64, 64, 8, 8, 3)};
  static const std::vector<LayerShape> vgg = {conv_shape(512, 512, 4, 4, 3), conv_shape(512, 512, 2, 2, 3)};
  static const std::vector<double> usual = {0.2, 0.1, 0.05, 0.02}, sparser = {0.1, 0.05, 0.02, 0.01};
  static const std::vector<MaskPattern> skewed = {MaskPattern::kFullRow, MaskPattern::kPowerLawRows,
                                                  MaskPattern::kOneColumnBlock, MaskPattern::kEmptyBlocks};
  static const std::vector<Row> table = {
      {"spmv", square, {1}, {kBf16}, {0.1, 0.02}, {kCold, kWarm}, true},
      {"spmv", square, {1}, {kBf16}, {0.2, 0.05}, {kCold, kWarm}},
      {"spmv", square, {1}, {kFp32}, usual, {kCold, kWarm}},
      {"spmv", real, {1}, {kBf16}, usual, {kCold, kWarm}},
      {"spmv", square, {2, 4, 8}, {kBf16}, usual, {kCold, kWarm}},
      {"spmv", real, {2, 4, 8}, {kBf16}, usual, {kCold, kWarm}},
      {"spmv", real, {1}, {kFp32}, usual, {kCold, kWarm}},
      {"spmv", square, {2, 4, 8}, {kFp32}, usual, {kCold, kWarm}},
      {"spmv", real, {2, 4, 8}, {kFp32}, usual, {kCold, kWarm}},
      {"spmm", {square[0]}, {16, 64}, {kBf16}, {0.1, 0.02}, {kCold}, true},
      {"spmm", {square[1]}, {512}, {kFp32, kBf16}, {0.05, 0.02}, {kCold}, true},
      {"spmm", {square[0]}, {16, 64}, {kBf16}, {0.2, 0.05}, {kCold}},
      {"spmm", {square[1]}, {512}, {kFp32, kBf16}, {0.2, 0.1}, {kCold}},
      {"spmm", {square[0]}, {512}, {kFp32, kBf16}, usual, {kCold}},
      {"spmm", {square[1]}, {16, 64}, {kBf16}, usual, {kCold}},
      {"spmm", {square[1]}, {64}, {kBf16}, {0.05}, {kCold}, false, skewed},
      {"spmm", {square[1]}, {512}, {kFp32, kBf16}, {0.05}, {kCold}, false, skewed},
      {"spmm", {square[1]}, {4096}, {kFp32, kBf16}, {0.1, 0.05, 0.02}, {kCold}},
      {"spmm", real, {64, 512}, {kBf16, kFp32}, {0.1, 0.02}, {kCold}},
      {"spmm", real, {16}, {kBf16}, usual, {kCold}},
      {"spmm", square, {64}, {kFp32}, usual, {kCold}},
      {"spmm", real, {64, 512}, {kBf16, kFp32}, {0.2, 0.05, 0.01}, {kCold}},
      {"spmm", {square[1]}, {16, 1024}, {kFp32, kTf32}, {0.1, 0.02}, {kCold}},
      {"conv", {resnet}, {64}, {kFp32, kBf16}, {0.05, 0.02}, {kCold}, true},
      {"conv", {resnet}, {1}, {kFp32, kBf16}, {0.05}, {kCold}, true},
      {"conv", {resnet}, {64}, {kFp32, kBf16, kTf32}, sparser, {kCold}},
      {"conv", every_size, {1}, {kFp32, kBf16}, {0.1, 0.05, 0.02}, {kCold}},
      {"conv", {resnet}, {64}, {kFp32, kBf16}, {0.05}, {kCold}, false, skewed},
      {"conv", convolutions, {64}, {kBf16, kTf32, kFp32}, {0.1, 0.02}, {kCold}},
      {"conv", vgg, {128}, {kFp32, kBf16}, {0.1, 0.02}, {kCold}},
      {"conv", resnet20, {128}, {kFp32, kBf16}, {0.1, 0.02}, {kCold}},
      {"conv", {resnet}, {16}, {kBf16, kFp32}, {0.1, 0.02}, {kCold}},
  };
  return table;
}

void append(std::vector<CudaCase>& cases, const Row& row) {
  for (const LayerShape& shape : row.shapes) {
    for (const double density : row.densities) {
      for (const MaskPattern mask : row.masks) {
        for (const std::int64_t images : row.images) {
          for (const Precision precision : row.precisions) {
            for (const CacheState caches : row.caches)
              cases.push_back({row.suite, shape, images, density, precision, caches, mask});
          }
        }
      }
    }
  }
}

}  // namespace

std::string CudaCase::text() const {
  const std::string text =
      fmt::format("{}, batch {}, {:g}% density, {}, {}", shape_text(shape), images, 100 * density,
                  kernels::precision_name(precision), cache_state_name(caches));
  return mask == MaskPattern::kUniform ? text : text + ", " + mask_name(mask);
}

std::vector<CudaSuite> cuda_suites() {
  return {{"spmv", "square and real linear layers at batch 1 to 8"},
          {"spmm", "linear layers at batch 16 to 4096"},
          {"conv", "convolutions of ResNets and VGG"}};
}

std::vector<CudaCase> cuda_suite_cases(const std::string& suite, bool quick) {
  std::vector<std::string> names;
  for (const CudaSuite& one : cuda_suites()) names.push_back(one.name);
  std::vector<CudaCase> cases;
  for (const Row& row : rows()) {
    if (row.suite == suite && (row.quick || !quick)) append(cases, row);
  }
  if (cases.empty() && suite == "update")  // beside LibTorch's optimisers, which this layer knows nothing of
    throw BadInput("--suite update: needs LibTorch: coppice bench --device cuda --suite update");
  if (cases.empty()) {
    throw BadInput(fmt::format("--suite {}: there is none of that name on a GPU, but {}{}", suite,
                               join(names, ", "), did_you_mean(suite, names)));
  }
  return cases;
}

Precision parse_precision(const std::string& text) {
  std::vector<std::string> names;
  for (const Precision precision : {Precision::kFp32, Precision::kTf32, Precision::kBf16}) {
    names.emplace_back(kernels::precision_name(precision));
    if (text == names.back()) return precision;
  }
  throw BadInput(
      fmt::format("--precision {}: is none of {}{}", text, join(names, ", "), did_you_mean(text, names)));
}

}  // namespace coppice
