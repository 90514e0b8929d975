#include <cmath>
#include <functional>

#include "model/graph.h"
#include "unit/model/networks.h"

namespace coppice {
namespace {

Network tiny() {
  return {"tiny",
          {1, 6, 6, false},
          3,
          {conv("c", 4, 3), node(Op::kRelu, "r"), pool(Op::kMaxPool, "p", 2), node(Op::kFlatten, "f"),
           linear("fc", 3)}};
}

TEST(Complete, FillsDefaultsAndIsIdempotent) {
  const Network network = complete(tiny());
  EXPECT_EQ(network.nodes[0].inputs, std::vector<std::string>{"x"});
  EXPECT_EQ(network.nodes[4].inputs, std::vector<std::string>{"f"});
  EXPECT_EQ(network.nodes[0].stride, 1);
  EXPECT_EQ(network.nodes[2].stride, 2);
  EXPECT_EQ(network.nodes[1].stride, 0);
  EXPECT_EQ(complete(network), network);
}

TEST(Extents, FollowPyTorchsFloorMode) {
  const auto image = [](std::int64_t c, std::int64_t h, std::int64_t w) { return Extent{c, h, w, false}; };
  const auto flat = [](std::int64_t n) { return Extent{n, 1, 1, true}; };
  const Network network = branching();
  // Worked by hand: (side + 2 padding - dilation (kernel - 1) - 1) / stride + 1, rounded down.
  const std::vector<Extent> expected = {
      image(6, 9, 7), image(6, 9, 7), image(6, 9, 7), image(8, 9, 7), image(8, 9, 7), image(8, 9, 7),
      image(8, 9, 7), image(8, 5, 4), image(8, 6, 5), image(4, 5, 4), flat(80),       flat(12),
      flat(12),       flat(12),       flat(12),       flat(12),       flat(12),       flat(5)};
  EXPECT_EQ(extents(network), expected);
  EXPECT_EQ(input_extents(network)[0], network.input);
  EXPECT_EQ(input_extents(network)[17], flat(12));
}

TEST(Extents, AWindowMayJustFit) {
  Network network = tiny();
  network.input = {1, 3, 3, false};
  network.nodes[2].kernel = 1;
  EXPECT_EQ(extents(complete(network))[0], (Extent{4, 1, 1, false}));
}

struct Mistake {
  const char* title;
  std::function<void(Network&)> make;
  std::vector<std::string> words;  ///< Of the message: the layer, the field and the remedy.
};

TEST(Complete, NamesTheLayerAndTheRemedyOfEveryMistake) {
  const std::vector<Mistake> mistakes = {
      {"no layers", [](Network& n) { n.nodes.clear(); }, {"'tiny'", "no layers"}},
      {"no image", [](Network& n) { n.input.height = 0; }, {"'input'", "1x0x6"}},
      {"flat image", [](Network& n) { n.input.flat = true; }, {"'input'", "n x 1 x 1"}},
      {"no classes", [](Network& n) { n.classes = 0; }, {"'classes' is 0"}},
      {"no name", [](Network& n) { n.nodes[1].name = ""; }, {"layer 2 of 5 (relu)", "'name'"}},
      {"name x", [](Network& n) { n.nodes[1].name = "x"; }, {"'x'", "image"}},
      {"space in name", [](Network& n) { n.nodes[1].name = "a b"; }, {"'a b'", "letters"}},
      {"dots in name", [](Network& n) { n.nodes[1].name = "a..b"; }, {"'a..b'", "single dots"}},
      {"dot first", [](Network& n) { n.nodes[1].name = ".a"; }, {"'.a'"}},
      {"dot last", [](Network& n) { n.nodes[1].name = "a."; }, {"'a.'"}},
      {"same name", [](Network& n) { n.nodes[1].name = "c"; }, {"layer 'c' (relu)", "unique"}},
      {"name inside", [](Network& n) { n.nodes[1].name = "c.r"; }, {"'c.r'", "inside", "'c'"}},
      {"name around",
       [](Network& n) {
         n.nodes[0].name = "r.c.d";
         n.nodes[1].name = "r.c";
       },
       {"'r.c.d'", "'r.c'"}},
      {"no such input", [](Network& n) { n.nodes[4].inputs = {"ff"}; }, {"'fc'", "'ff'", "did you mean 'f'"}},
      {"later input", [](Network& n) { n.nodes[1].inputs = {"fc"}; }, {"'r'", "'fc'", "cycle"}},
      {"own output", [](Network& n) { n.nodes[1].inputs = {"r"}; }, {"'r'", "cycle"}},
      {"two inputs",
       [](Network& n) {
         n.nodes[1].inputs = {"c", "x"};
       },
       {"'r'", "takes one", "add"}},
      {"add of one", [](Network& n) { n.nodes[1].op = Op::kAdd; }, {"'r' (add)", "two or more"}},
      {"add unequal",
       [](Network& n) {
         n.nodes[1] = node(Op::kAdd, "r", {"c", "x"});
       },
       {"'r'", "4x4x4", "1x6x6"}},
      {"unused", [](Network& n) { n.nodes[1].inputs = {"x"}; }, {"'c'", "uses it", "inputs"}},
      {"no out", [](Network& n) { n.nodes[0].out = 0; }, {"'c'", "needs 'out'"}},
      {"negative out", [](Network& n) { n.nodes[0].out = -4; }, {"'c'", "'out' is -4"}},
      {"huge out", [](Network& n) { n.nodes[0].out = INT64_MAX; }, {"'c'", "'out' is 9223372036854775807"}},
      {"no kernel", [](Network& n) { n.nodes[2].kernel = 0; }, {"'p'", "needs 'kernel'"}},
      {"negative stride", [](Network& n) { n.nodes[2].stride = -1; }, {"'p'", "'stride' is -1"}},
      {"no dilation", [](Network& n) { n.nodes[0].dilation = 0; }, {"'c'", "'dilation'"}},
      {"negative padding", [](Network& n) { n.nodes[0].padding = -1; }, {"'c'", "'padding' is -1"}},
      {"pool padding", [](Network& n) { n.nodes[2].padding = 2; }, {"'p'", "half the kernel (2)"}},
      {"relu with out", [](Network& n) { n.nodes[1].out = 5; }, {"'r'", "relu has no 'out'"}},
      {"pool dilation", [](Network& n) { n.nodes[2].dilation = 2; }, {"'p'", "max_pool has no 'dilation'"}},
      {"relu without bias", [](Network& n) { n.nodes[1].bias = false; }, {"'r'", "no 'bias'"}},
      {"relu rate", [](Network& n) { n.nodes[1].rate = 0.1; }, {"'r'", "no 'rate'"}},
      {"rate 1",
       [](Network& n) {
         n.nodes[1].op = Op::kDropout;
         n.nodes[1].rate = 1;
       },
       {"'r'", "'rate' is 1"}},
      {"rate nan",
       [](Network& n) {
         n.nodes[1].op = Op::kDropout;
         n.nodes[1].rate = std::nan("");
       },
       {"'r'", "'rate'"}},
      {"window too big", [](Network& n) { n.nodes[0].kernel = 7; }, {"'c'", "window of 7", "too small"}},
      {"dilated too big", [](Network& n) { n.nodes[0].dilation = 3; }, {"'c'", "window of 7"}},
      {"pool too big",
       [](Network& n) {
         n.input = {1, 3, 3, false};
       },
       {"'p'", "window of 2", "4x1x1"}},
      {"linear of image",
       [](Network& n) { n.nodes[3].op = Op::kRelu; },
       {"'fc'", "4x2x2", "insert a flatten"}},
      {"conv of flat",
       [](Network& n) { n.nodes[4] = conv("fc", 3, 1); },
       {"'fc'", "needs an image", "16 features"}},
      {"pool of flat",
       [](Network& n) { n.nodes[4] = node(Op::kGlobalAvgPool, "fc"); },
       {"'fc'", "needs an image"}},
      {"last not flat",
       [](Network& n) { n.nodes.resize(3); },
       {"'p'", "4x2x2", "global_avg_pool", "out = 3"}},
      {"wrong features", [](Network& n) { n.classes = 7; }, {"'fc'", "3 features", "set out = 7"}},
      {"last not linear",
       [](Network& n) { n.nodes.resize(4); },
       {"'f'", "16 features", "add a linear", "out = 3"}},
      {"huge weight",
       [](Network& n) { n.nodes[0].out = n.nodes[0].kernel = n.input.height = n.input.width = 1 << 20; },
       {"'c'", "weight", "elements"}},
      {"huge output",
       [](Network& n) { n.nodes[0].out = n.input.height = n.input.width = 1 << 20; },
       {"'c'", "output", "elements"}},
  };
  for (const Mistake& mistake : mistakes) {
    SCOPED_TRACE(mistake.title);
    Network network = tiny();
    mistake.make(network);
    expect_words(message_of([&] { complete(network); }), mistake.words);
  }
}

}  // namespace
}  // namespace coppice
