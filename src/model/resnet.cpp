// ResNets for small images: He et al. 2016, section 4.2. A 3x3 convolution, then three stages of n blocks
// with 16, 32 and 64 channels (depth = 6n + 2), then global average pooling and a classifier. Where a stage
// halves the image its first block's shortcut is a 1x1 convolution with normalisation, as in open_lth (the
// paper's option B; its own CIFAR networks pad with zeros instead). Names as in torchvision.
#include "model/builder.h"

namespace coppice {

namespace {

void build_block(Builder& b, const std::string& name, std::int64_t channels, bool downsample) {
  const std::int64_t stride = downsample ? 2 : 1;
  const std::string input = b.last();
  b.conv(name + ".conv1", channels, {.kernel = 3, .stride = stride, .padding = 1, .bias = false});
  b.plain(Op::kBatchNorm, name + ".bn1");
  b.plain(Op::kRelu, name + ".relu1");
  b.conv(name + ".conv2", channels, {.kernel = 3, .stride = 1, .padding = 1, .bias = false});
  const std::string residual = b.plain(Op::kBatchNorm, name + ".bn2");
  std::string shortcut = input;
  if (downsample) {
    b.conv(name + ".downsample.0", channels, {.kernel = 1, .stride = stride, .padding = 0, .bias = false},
           input);
    shortcut = b.plain(Op::kBatchNorm, name + ".downsample.1");
  }
  b.add(name + ".add", residual, shortcut);
  b.plain(Op::kRelu, name + ".relu2");
}

void build_resnet(Builder& b, int depth) {
  const int blocks = (depth - 2) / 6;
  b.conv("conv1", b.hidden(16), {.kernel = 3, .stride = 1, .padding = 1, .bias = false});
  b.plain(Op::kBatchNorm, "bn1");
  b.plain(Op::kRelu, "relu");
  for (int stage = 0; stage < 3; ++stage)
    for (int block = 0; block < blocks; ++block)
      build_block(b, "layer" + std::to_string(stage + 1) + "." + std::to_string(block), b.hidden(16 << stage),
                  stage > 0 && block == 0);
  b.plain(Op::kGlobalAvgPool, "avgpool");
  b.linear("fc", b.classes());
}

}  // namespace

std::vector<Recipe> resnet_recipes() {
  std::vector<Recipe> recipes;
  for (const int depth : {20, 32, 44, 56, 110})
    recipes.push_back({"resnet-" + std::to_string(depth), [depth](Builder& b) { build_resnet(b, depth); }});
  return recipes;
}

}  // namespace coppice
