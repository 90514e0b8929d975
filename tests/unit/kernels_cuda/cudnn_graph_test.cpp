// Graphs as cuDNN reads them, which it tells in the text of a plan, are carried out in FP64: they must be the
// layer. Plans are for an H200 that is only described.
#if __has_include(<cudnn.h>)
#include "kernels/cuda/libraries/cudnn_graph.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "kernels/cuda/libraries/cudnn_engines.h"
#include "kernels/cuda/libraries/weights.h"
#include "unit/kernels_cuda/convolutions.h"
#include "unit/kernels_cuda/cudnn_h200.h"

namespace coppice::kernels {
namespace {

using Json = nlohmann::json;
using Four = std::array<std::int64_t, 4>;
using Two = std::array<std::int64_t, 2>;

struct Tensor {
  std::string name, type;
  Four sizes{}, strides{};
  bool inner = false;

  std::size_t at(const Four& place) const {
    std::int64_t offset = 0;
    for (std::size_t i = 0; i < 4; ++i) offset += place[i] * strides[i];
    return static_cast<std::size_t>(offset);
  }
  template <class Use>
  void for_each(const Use& use) const {
    Four at{};
    for (at[0] = 0; at[0] < sizes[0]; ++at[0]) {
      for (at[1] = 0; at[1] < sizes[1]; ++at[1]) {
        for (at[2] = 0; at[2] < sizes[2]; ++at[2]) {
          for (at[3] = 0; at[3] < sizes[3]; ++at[3]) use(at);
        }
      }
    }
  }
};

/// Carries out a graph on numbers by the operands that they belong to.
class Machine {
 public:
  explicit Machine(const Json& graph) : graph_(graph) {
    for (const Json& json : graph.at("tensors")) {
      Tensor tensor;
      tensor.name = json.at("name");
      tensor.type = json.at("dataType");
      tensor.sizes = json.at("dim").get<Four>();
      tensor.strides = json.at("stride").get<Four>();
      tensor.inner = json.at("isVirtual");
      EXPECT_EQ(json.at("ptrAlignment"), 16);
      EXPECT_EQ(json.at("vectCount"), 1);
      EXPECT_EQ(json.at("isByValue"), false);
      EXPECT_TRUE(tensors_.emplace(tensor.name, tensor).second);
    }
  }

  std::vector<double>& operand(GraphOperand which) {
    return memory_[std::to_string(static_cast<std::int64_t>(which))];
  }

  void run() {
    for (const Json& node : graph_.at("nodes")) {
      EXPECT_EQ(node.at("mathPrec"), "CUDNN_DATA_FLOAT");
      if (node.at("operation") == "CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR") {
        convolve(node);
      } else {
        ASSERT_EQ(node.at("operation"), "CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR");
        combine(node);
      }
    }
  }

  std::string types() const {
    std::string text;
    for (const auto& [name, tensor] : tensors_) {
      text += name + (tensor.inner ? " inner " : " ") + tensor.type.substr(11) + ", ";
    }
    return text;
  }

 private:
  Json graph_;
  std::map<std::string, Tensor> tensors_;
  std::map<std::string, std::vector<double>> memory_;

  const Tensor& tensor(const Json& node, const char* role) const {
    return tensors_.at(node.at(role).get<std::string>());
  }
  double& cell(const Tensor& tensor, const Four& at) {
    std::vector<double>& cells = memory_[tensor.name];
    if (tensor.inner && cells.size() <= tensor.at(at)) cells.resize(tensor.at(at) + 1);
    return cells.at(tensor.at(at));
  }

  void convolve(const Json& node) {
    const Tensor &x = tensor(node, "X"), &w = tensor(node, "W"), &y = tensor(node, "Y");
    EXPECT_EQ(node.at("alpha"), 1);
    EXPECT_EQ(node.at("beta"), 0);
    EXPECT_EQ(node.at("mode"), "CUDNN_CROSS_CORRELATION");
    const Two step = node.at("stride").get<Two>(), apart = node.at("dilation").get<Two>(),
              pad = node.at("pad").get<Two>();
    for (std::size_t d = 0; d < 2; ++d) {
      const std::int64_t window = apart[d] * (w.sizes[d + 2] - 1) + 1;
      ASSERT_EQ((x.sizes[d + 2] + 2 * pad[d] - window) / step[d] + 1, y.sizes[d + 2]);
    }
    y.for_each([&](const Four& at) {
      double sum = 0;
      for (std::int64_t c = 0; c < x.sizes[1]; ++c) {
        for (std::int64_t i = 0; i < w.sizes[2]; ++i) {
          for (std::int64_t j = 0; j < w.sizes[3]; ++j) {
            const std::int64_t row = at[2] * step[0] - pad[0] + i * apart[0];
            const std::int64_t column = at[3] * step[1] - pad[1] + j * apart[1];
            if (row < 0 || row >= x.sizes[2] || column < 0 || column >= x.sizes[3]) continue;
            sum += cell(x, {at[0], c, row, column}) * cell(w, {at[1], c, i, j});
          }
        }
      }
      cell(y, at) = sum;
    });
  }

  void combine(const Json& node) {
    const Tensor &x = tensor(node, "X"), &y = tensor(node, "Y");
    ASSERT_EQ(x.sizes, y.sizes);
    if (node.at("pointwiseMode") == "CUDNN_POINTWISE_RELU_FWD") {
      EXPECT_EQ(node.at("lowerClip"), 0);
      EXPECT_EQ(node.at("lowerClipSlope"), 0);
      y.for_each([&](const Four& at) { cell(y, at) = std::max(cell(x, at), 0.0); });
      return;
    }
    ASSERT_EQ(node.at("pointwiseMode"), "CUDNN_POINTWISE_ADD");
    EXPECT_EQ(node.at("alpha1"), 1);
    EXPECT_EQ(node.at("alpha2"), 1);
    const Tensor& b = tensor(node, "B");
    for (std::size_t i = 0; i < 4; ++i) ASSERT_TRUE(b.sizes[i] == 1 || b.sizes[i] == y.sizes[i]);
    y.for_each([&](const Four& at) {
      Four from = at;  // a size of 1 stands for all
      for (std::size_t i = 0; i < 4; ++i) from[i] = b.sizes[i] == 1 ? 0 : at[i];
      cell(y, at) = cell(x, at) + cell(b, from);
    });
  }
};

class CudnnGraphs : public testing::Test {
 protected:
  void SetUp() override {
    if (!cudnn().usable()) GTEST_SKIP() << cudnn().problem();
    try {
      h200_ = std::make_unique<CudnnTarget>(kCudnnH200);
    } catch (const CudaError& error) {
      GTEST_SKIP() << error.what();
    }
  }

  /// The graph in a plan's text; null where no plan can be made here.
  Json as_read(const LayerShape& shape, std::int64_t images, Order order, Precision precision,
               const GraphForm& form) {
    const CudnnDescriptor graph = convolution_graph(shape, images, order, precision, form, *h200_);
    for (const EngineChoice& choice : every_engine(graph, precision, *h200_, 1)) {
      const EnginePlan plan(choice, *h200_, std::int64_t{1} << 30);
      const auto text = plan.plan.read<char>(CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, 1 << 16);
      return Json::parse(text.begin(), text.end()).at("operationGraph");
    }
    return {};
  }

  std::unique_ptr<CudnnTarget> h200_;
};

std::vector<float> integers(std::mt19937& random, std::int64_t count) {
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = static_cast<float>(static_cast<int>(random() % 7) - 3);
  return values;
}

TEST_F(CudnnGraphs, AreTheLayer) {
  std::mt19937 random(17);
  int checked = 0;
  for (int round = 0; round < 150; ++round) {
    Layer layer;
    layer.shape = random_convolution(random);
    const std::int64_t images = 1 + random() % 3;
    const Order order = random() % 2 ? Order::kPlain : Order::kChannelsLast;
    const auto precision = std::array{Precision::kFp32, Precision::kTf32, Precision::kBf16}[random() % 3];
    GraphForm form;
    form.bias = random() % 2;
    form.residual = layer.residual = random() % 2;
    form.relu = layer.relu = random() % 2;
    form.bias_stored = form.bias && precision == Precision::kBf16;
    const std::vector<float> weights = integers(random, layer.shape.outputs * layer.shape.columns());
    layer.weights = csr_from_dense(weights.data(), layer.shape.outputs, layer.shape.columns());
    if (form.bias) layer.bias = integers(random, layer.shape.outputs);
    const Layout layout = {order, 0};
    const auto x = integers(random, layer.input(images, layout).floats());
    const auto residual = integers(random, layer.output(images, layout).floats());
    std::vector<double> expected(residual.size());
    reference_layer(layer, images, layout, layout, x.data(), layer.residual ? residual.data() : nullptr,
                    expected.data());

    const Json graph = as_read(layer.shape, images, order, precision, form);
    if (graph.is_null()) continue;  // no kernel but compiled ones
    ++checked;
    ASSERT_EQ(graph.at("nodes").size(), 1u + form.bias + form.residual + form.relu);
    Machine machine(graph);
    const auto put = [&](GraphOperand operand, const std::vector<float>& values) {
      machine.operand(operand).assign(values.begin(), values.end());
    };
    put(GraphOperand::kX, x);
    put(GraphOperand::kWeights,
        order == Order::kChannelsLast ? with_channels_last(weights, layer.shape) : weights);
    if (form.bias) put(GraphOperand::kBias, layer.bias);
    if (form.residual) put(GraphOperand::kResidual, residual);
    put(GraphOperand::kY, std::vector<float>(expected.size(), -1000));
    machine.run();
    ASSERT_EQ(machine.operand(GraphOperand::kY), expected) << "round " << round;
  }
  EXPECT_GE(checked, 70);
}

TEST_F(CudnnGraphs, SayWhatIsStoredAsWhat) {
  const LayerShape shape = {.outputs = 2, .channels = 3, .height = 4, .width = 4};
  const auto types = [&](Precision precision, const GraphForm& form) {
    const Json graph = as_read(shape, 1, Order::kChannelsLast, precision, form);
    return graph.is_null() ? std::string() : Machine(graph).types();
  };
  GraphForm all;
  all.bias = all.residual = all.relu = all.bias_stored = true;
  EXPECT_EQ(types(Precision::kFp32, {}), "1 FLOAT, 2 FLOAT, 5 FLOAT, ");
  EXPECT_EQ(types(Precision::kTf32, {}), "1 FLOAT, 2 FLOAT, 5 FLOAT, ");
  EXPECT_EQ(types(Precision::kBf16, {}), "1 BFLOAT16, 2 BFLOAT16, 5 BFLOAT16, ");
  // What is handed on within a graph is FP32.
  EXPECT_EQ(types(Precision::kBf16, all),
            "1 BFLOAT16, 2 BFLOAT16, 3 BFLOAT16, 4 BFLOAT16, 5 BFLOAT16, 6 inner FLOAT, 7 inner FLOAT, "
            "8 inner FLOAT, ");
}

TEST(CudnnGraphForms, LeaveNothingOut) {
  const auto texts = [](Precision precision, bool bias, bool residual, bool relu) {
    std::string all;
    for (const GraphForm& form : graph_forms(precision, bias, residual, relu)) all += form.text() + "; ";
    return all;
  };
  EXPECT_EQ(texts(Precision::kFp32, false, false, false), "; ");
  EXPECT_EQ(texts(Precision::kFp32, true, false, true), "bias and ReLU fused; ; ");
  EXPECT_EQ(texts(Precision::kTf32, false, true, false), "bias and residual fused; ; ");
  EXPECT_EQ(texts(Precision::kBf16, false, false, true), "bias in bf16 and ReLU fused; ; ");
  EXPECT_EQ(texts(Precision::kBf16, false, false, false), "; ");
  EXPECT_EQ(texts(Precision::kBf16, true, true, true),
            "bias, residual and ReLU fused; bias in bf16, residual and ReLU fused; ; ");
}

TEST(CudnnDescriptorErrors, SayWhat) {
  if (!cudnn().usable()) GTEST_SKIP() << cudnn().problem();
  const auto why = [](const auto& attempt) -> std::string {
    try {
      attempt();
    } catch (const CudaError& error) {
      return error.what();
    }
    return "nothing";
  };
  LayerShape larger = {.outputs = 2, .channels = 3, .height = 2, .width = 2};
  larger.kernel_height = larger.kernel_width = 5;  // than the image: no output
  EXPECT_EQ(why([&] {
              convolution_operations(larger, 1, Order::kPlain, Precision::kFp32, {});
            }).find("cuDNN, describing an operand: "),
            0u);
  CudnnDescriptor tensor(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  EXPECT_EQ(why([&] { tensor.finalise("describing an operand"); }).find("cuDNN, describing an operand: "),
            0u);
  EXPECT_FALSE(tensor.try_finalise());
  EXPECT_EQ(
      why([&] { tensor.get<bool>(CUDNN_ATTR_TENSOR_IS_VIRTUAL); }).find("cuDNN, reading an attribute: "), 0u);
  EXPECT_EQ(why([&] { tensor.set(CUDNN_ATTR_TENSOR_DATA_TYPE, true); }).find("cuDNN, setting an attribute: "),
            0u);
}

/// Every operand of a form once; what it does not fuse may be missing.
TEST(CudnnGraphOperands, AreAccepted) {
  if (!cudnn().usable()) GTEST_SKIP() << cudnn().problem();
  const std::array<char, 8> place{};
  for (const bool bias : {false, true}) {
    for (const bool residual : {false, true}) {
      GraphForm form;
      form.bias = bias;
      form.residual = residual;
      const GraphPointers pointers = {
          &place[1], &place[2], bias ? &place[3] : nullptr, residual ? &place[4] : nullptr,
          &place[5], nullptr};
      EXPECT_NO_THROW(graph_operands(form, pointers));
    }
  }
}

}  // namespace
}  // namespace coppice::kernels
#endif
