// Conv-2, -4 and -6: the scaled-down VGGs of Frankle & Carbin 2019, figure 2. Pairs of 3x3 convolutions with
// 64, 128 and 256 channels, each pair closed by a 2x2 max pool, then linear layers of 256, 256 and classes.
#include "model/builder.h"

namespace coppice {

namespace {

void build_conv(Builder& b, int depth) {
  for (int i = 1; i <= depth; ++i) {
    const int pair = (i + 1) / 2;
    const std::string number = std::to_string(i);
    b.conv("conv" + number, b.hidden(32 << pair), {.kernel = 3, .stride = 1, .padding = 1, .bias = true});
    b.plain(Op::kRelu, "relu" + number);
    if (i % 2 == 0) b.max_pool("pool" + std::to_string(pair), 2);
  }
  b.plain(Op::kFlatten, "flatten");
  b.linear("fc1", b.hidden(256));
  b.plain(Op::kRelu, "fc1_relu");
  b.linear("fc2", b.hidden(256));
  b.plain(Op::kRelu, "fc2_relu");
  b.linear("fc3", b.classes());
}

}  // namespace

std::vector<Recipe> conv_recipes() {
  std::vector<Recipe> recipes;
  for (const int depth : {2, 4, 6})
    recipes.push_back({"conv-" + std::to_string(depth), [depth](Builder& b) { build_conv(b, depth); }});
  return recipes;
}

}  // namespace coppice
