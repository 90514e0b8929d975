// What becomes a step of its own, what is taken along, and in which order steps run.
#include "sparse/program.h"
#include "unit/sparse/support.h"

namespace coppice {
namespace {

/// A line for each step: "r1 = layer c1(x) relu" is the layer c1 of the image, whose value ends as node r1.
std::vector<std::string> lines(const Program& program) {
  static const char* const kKinds[] = {"layer", "max_pool", "avg_pool", "affine", "add", "flatten"};
  std::vector<std::string> all;
  for (const Step& step : program.steps) {
    std::string line = program.values[step.output].name + " = " + kKinds[static_cast<int>(step.kind)] + " " +
                       step.name + "(";
    for (std::size_t i = 0; i < step.inputs.size(); ++i)
      line += (i ? ", " : "") + program.values[step.inputs[i]].name;
    all.push_back(line + (step.relu ? ") relu" : ")"));
  }
  return all;
}

/// The steps of a network whose image is 2x6x6 and whose output has 3 classes.
std::vector<std::string> steps_of(std::vector<Node> nodes, Extent image = {2, 6, 6, false}) {
  const Network network = complete({"network", image, 3, std::move(nodes)});
  return lines(compile_program(network, random_tensors(network, 1)));
}

using Lines = std::vector<std::string>;
Node norm(std::string name, std::vector<std::string> inputs = {}) {
  return node(Op::kBatchNorm, std::move(name), std::move(inputs));
}
Node relu(std::string name, std::vector<std::string> inputs = {}) {
  return node(Op::kRelu, std::move(name), std::move(inputs));
}
Node add(std::string name, std::vector<std::string> inputs) {
  return node(Op::kAdd, std::move(name), std::move(inputs));
}
Node dropout(std::string name) { return node(Op::kDropout, std::move(name)); }
Node flatten(std::string name) { return node(Op::kFlatten, std::move(name)); }
Node global(std::string name) { return node(Op::kGlobalAvgPool, std::move(name)); }

TEST(Compile, ALayerTakesNormAndRelu) {
  EXPECT_EQ(steps_of({conv("c", 4, 3, 1), norm("b"), relu("r"), flatten("f"), dropout("d"), linear("fc", 3)}),
            (Lines{"r = layer c(x) relu", "fc = layer fc(r)"}));
  EXPECT_EQ(steps_of({conv("c", 4, 3, 1), norm("b"), norm("b2"), dropout("d"), relu("r"), relu("r2"),
                      global("g"), relu("r3"), linear("fc", 3), norm("b3")}),
            (Lines{"r2 = layer c(x) relu", "r3 = avg_pool g(r2) relu", "b3 = layer fc(r3)"}));
}

TEST(Compile, NormsAndRelusThatNoLayerTakes) {
  EXPECT_EQ(
      steps_of({norm("b"), relu("r"), conv("c", 4, 3), relu("r2"), norm("b2"), norm("b3"),
                pool(Op::kMaxPool, "p", 2), relu("r3"), norm("b4"), flatten("f"), relu("r4"),
                linear("fc", 3)}),
      (Lines{"r = affine b(x) relu", "r2 = layer c(r) relu", "b3 = affine b2(r2)", "r3 = max_pool p(b3) relu",
             "b4 = affine b4(r3)", "f = flatten f(b4)", "r4 = add r4(f) relu", "fc = layer fc(r4)"}));
  EXPECT_EQ(steps_of({relu("r"), flatten("f"), linear("fc", 3)}),
            (Lines{"r = add r(x) relu", "fc = layer fc(r)"}));
}

TEST(Compile, WhatOthersReadIsLeftAlone) {
  EXPECT_EQ(steps_of({conv("c", 4, 1), norm("b", {"c"}), relu("r", {"c"}), add("s", {"b", "r"}), global("g"),
                      linear("fc", 3)}),
            (Lines{"c = layer c(x)", "b = affine b(c)", "r = add r(c) relu", "s = add s(b, r)",
                   "g = avg_pool g(s)", "fc = layer fc(g)"}));
  // Read through a dropout, and by the output.
  EXPECT_EQ(steps_of({global("g"), linear("fc", 3), dropout("d"), relu("r", {"fc"}), add("s", {"d", "r"})}),
            (Lines{"g = avg_pool g(x)", "fc = layer fc(g)", "r = add r(fc) relu", "s = add s(fc, r)"}));
}

TEST(Compile, TheLaterLayerTakesTheAddition) {
  EXPECT_EQ(
      steps_of({conv("c", 4, 3, 1), relu("r"), conv("c1", 4, 3, 1), norm("b1"), conv("c2", 4, 1, 0, {"r"}),
                norm("b2"), add("s", {"b1", "b2"}), relu("r2"), global("g"), linear("fc", 3)}),
      (Lines{"r = layer c(x) relu", "b1 = layer c1(r)", "r2 = layer c2(r, b1) relu", "g = avg_pool g(r2)",
             "fc = layer fc(g)"}));
  EXPECT_EQ(steps_of({conv("c", 4, 1), conv("d", 4, 1, 0, {"x"}), add("s", {"d", "c"}), global("g"),
                      linear("fc", 3)}),
            (Lines{"c = layer c(x)", "s = layer d(x, c)", "g = avg_pool g(s)", "fc = layer fc(g)"}));
  EXPECT_EQ(steps_of({conv("c", 2, 3, 1), add("s", {"x", "c"}), flatten("f"), linear("fc", 3)}),
            (Lines{"s = layer c(x, x)", "fc = layer fc(s)"}));
}

TEST(Compile, ALayerWaitsForWhatItAdds) {
  EXPECT_EQ(steps_of({conv("c", 4, 1), conv("d", 4, 1, 0, {"x"}), relu("r"), pool(Op::kMaxPool, "p", 3, 1, 1),
                      add("s", {"p", "c"}), norm("b"), global("g"), linear("fc", 3)}),
            (Lines{"r = layer d(x) relu", "p = max_pool p(r)", "s = layer c(x, p)", "b = affine b(s)",
                   "g = avg_pool g(b)", "fc = layer fc(g)"}));
}

TEST(Compile, AdditionsThatNoLayerTakes) {
  EXPECT_EQ(steps_of({conv("c", 2, 1), add("s", {"c", "c"}), relu("r"), flatten("f"), linear("fc", 3)}),
            (Lines{"c = layer c(x)", "r = add s(c, c) relu", "fc = layer fc(r)"}));
  EXPECT_EQ(
      steps_of({conv("c", 2, 1), conv("d", 2, 1), add("s", {"c", "d", "x"}), flatten("f"), linear("fc", 3)}),
      (Lines{"c = layer c(x)", "d = layer d(c)", "s = add s(c, d, x)", "fc = layer fc(s)"}));
  EXPECT_EQ(steps_of({conv("c", 2, 1), relu("r"), add("s", {"r", "x"}), flatten("f"), linear("fc", 3)}),
            (Lines{"r = layer c(x) relu", "s = add s(r, x)", "fc = layer fc(s)"}));
  EXPECT_EQ(
      steps_of({conv("c", 2, 1), add("s", {"c", "x"}), add("t", {"s", "x"}), flatten("f"), linear("fc", 3)}),
      (Lines{"s = layer c(x, x)", "t = add t(s, x)", "fc = layer fc(t)"}));
}

TEST(Compile, Flatten) {
  // Read by a linear layer and by something else.
  EXPECT_EQ(steps_of({flatten("f"), linear("a", 72), add("s", {"f", "a"}), linear("fc", 3)}),
            (Lines{"f = flatten f(x)", "s = layer a(x, f)", "fc = layer fc(s)"}));
  // Of features, twice, and as the output.
  EXPECT_EQ(steps_of({conv("c", 3, 6), flatten("f"), flatten("f2"), relu("r"), dropout("d")}),
            (Lines{"r = layer c(x) relu"}));
  EXPECT_EQ(steps_of({conv("c", 1, 4), pool(Op::kMaxPool, "p", 1, 3), flatten("f"), linear("fc", 3)}),
            (Lines{"c = layer c(x)", "p = max_pool p(c)", "fc = layer fc(p)"}));
  EXPECT_EQ(steps_of({flatten("f")}, {1, 1, 3, false}), Lines{"f = flatten f(x)"});
  EXPECT_EQ(steps_of({flatten("f"), dropout("d")}, {3, 1, 1, false}), Lines{"d = add d(x)"});
}

TEST(Compile, ShapesAndHalos) {
  Node strided = conv("c", 4, 3, 2);
  strided.stride = 2;
  strided.dilation = 2;
  const Network network =
      complete({"shapes",
                {2, 9, 8, false},
                3,
                {strided, conv("d", 5, 1, 0), conv("e", 5, 5, 2, {"c"}), add("s", {"d", "e"}),
                 pool(Op::kAvgPool, "p", 3, 2, 1), flatten("f"), linear("fc", 3)}});
  const Program program = compile_program(network, random_tensors(network, 1));
  EXPECT_EQ(lines(program), (Lines{"c = layer c(x)", "d = layer d(c)", "s = layer e(c, d)",
                                   "p = avg_pool p(s)", "fc = layer fc(p)"}));
  std::vector<std::int64_t> halos;
  for (const Value& value : program.values) halos.push_back(value.halo);
  EXPECT_EQ(halos, (std::vector<std::int64_t>{2, 2, 0, 0, 0, 0}));
  using Shape = kernels::LayerShape;
  EXPECT_EQ(program.steps[0].layer.shape, (Shape{4, 2, 9, 8, 3, 3, 2, 2, 2}));
  EXPECT_EQ(program.steps[0].weight, "c.weight");
  EXPECT_EQ(program.steps[3].kernel_height, 3);
  EXPECT_EQ(program.steps[3].kernel_width, 3);
  EXPECT_EQ(program.steps[3].stride, 2);
  EXPECT_EQ(program.steps[3].padding, 1);
  EXPECT_EQ(program.steps[4].layer.shape, (Shape{3, 5, 3, 2, 3, 2}));  // c gives 5x4, p 3x2
  EXPECT_TRUE(program.steps[4].layer.shape.linear());
}

TEST(Compile, Resnet20HasALayerForEachConvolution) {
  const Network network = build_network("resnet-20", {3, 32, 32, false}, 10, 0.25);
  const Program program = compile_program(network, random_tensors(network, 1));
  std::size_t residuals = 0;
  for (const Step& step : program.steps) residuals += step.layer.residual;
  EXPECT_EQ(program.steps.size(), 19u + 2 + 1 + 1);  // convolutions, shortcuts, pool, classifier
  EXPECT_EQ(residuals, 9u);
}

}  // namespace
}  // namespace coppice
