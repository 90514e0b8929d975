// VGG for small images: the convolutions of Simonyan & Zisserman 2015 with batch normalisation, and one
// linear classifier, as open_lth has it (biases before the normalisation included). Four of the five pools
// are max pools; the last averages whatever is left, which for 32x32 images is open_lth's 2x2 average pool
// and works for other sizes too. Layers are numbered as in torchvision's vgg*_bn.
#include "model/builder.h"

namespace coppice {

namespace {

/// Convolutions in each of the five stages.
struct Plan {
  int depth;
  int convs[5];
};
constexpr Plan kPlans[] = {
    {11, {1, 1, 2, 2, 2}}, {13, {2, 2, 2, 2, 2}}, {16, {2, 2, 3, 3, 3}}, {19, {2, 2, 4, 4, 4}}};
constexpr int kChannels[5] = {64, 128, 256, 512, 512};

void build_vgg(Builder& b, const Plan& plan) {
  int index = 0;
  const auto next = [&index] { return "features." + std::to_string(index++); };
  for (int stage = 0; stage < 5; ++stage) {
    for (int i = 0; i < plan.convs[stage]; ++i) {
      b.conv(next(), b.hidden(kChannels[stage]), {.kernel = 3, .stride = 1, .padding = 1, .bias = true});
      b.plain(Op::kBatchNorm, next());
      b.plain(Op::kRelu, next());
    }
    if (stage < 4) b.max_pool(next(), 2);
  }
  b.plain(Op::kGlobalAvgPool, "avgpool");
  b.linear("fc", b.classes());
}

}  // namespace

std::vector<Recipe> vgg_recipes() {
  std::vector<Recipe> recipes;
  for (const Plan& plan : kPlans)
    recipes.push_back({"vgg-" + std::to_string(plan.depth), [&plan](Builder& b) { build_vgg(b, plan); }});
  return recipes;
}

}  // namespace coppice
