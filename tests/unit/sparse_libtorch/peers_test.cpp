#include "sparse/peers.h"

#include <cmath>
#include <limits>
#include <set>

#include <gtest/gtest.h>

#include "base/libtorch/threads.h"
#include "unit/sparse_libtorch/examples.h"

namespace coppice {
namespace {

using kernels::Layer;
using kernels::LayerShape;
using kernels::Layout;
using kernels::Order;

struct Case {
  const char* name;
  LayerShape shape;
};

// outputs, channels, height, width, kernel_height, kernel_width, stride, padding, dilation
const Case kCases[] = {
    {"linear", {10, 37, 1, 1, 1, 1, 1, 0, 1}},          {"square", {9, 5, 7, 6, 3, 3, 1, 1, 1}},
    {"strided", {8, 4, 9, 8, 3, 3, 2, 1, 1}},           {"pointwise", {12, 17, 5, 4, 1, 1, 1, 0, 1}},
    {"strided pointwise", {6, 8, 6, 6, 1, 1, 2, 0, 1}}, {"dilated", {4, 3, 8, 9, 3, 3, 1, 2, 2}},
    {"wide padding", {3, 2, 3, 3, 5, 3, 3, 4, 1}},      {"whole image", {11, 3, 4, 5, 4, 5, 1, 0, 1}},
    {"one channel", {5, 1, 6, 6, 3, 3, 1, 1, 1}},       {"one output", {1, 6, 4, 4, 3, 3, 1, 1, 1}},
};

/// Runs every variant of a candidate and compares it with the definition in FP64.
void expect_right(const kernels::Candidate& candidate, const Layer& layer, std::int64_t images, Layout layout,
                  int threads = 1) {
  const kernels::Request request{layer, images, layout, layout, threads};
  const kernels::Activations in = layer.input(images, layout), out = layer.output(images, layout);
  Random random(7);
  const AlignedFloats x = random_activations(in, random);
  const AlignedFloats residual = random_activations(out, random);
  std::vector<double> expected(static_cast<std::size_t>(out.floats())), bound(expected.size());
  reference_layer(layer, images, layout, layout, x.data(), layer.residual ? residual.data() : nullptr,
                  expected.data(), bound.data());

  const auto runners = candidate.make(request);
  ASSERT_FALSE(runners.empty());
  for (const auto& runner : runners) {
    SCOPED_TRACE(runner->variant());
    AlignedFloats y(out.floats() + kernels::kSlack);
    std::fill_n(y.data(), out.floats() + kernels::kSlack, std::numeric_limits<float>::quiet_NaN());
    for (int again = 0; again < 2; ++again) {
      runner->run(x.data(), layer.residual ? residual.data() : nullptr, y.data());
      for_each_element(out, [&](std::int64_t at) {
        const auto i = static_cast<std::size_t>(at);
        ASSERT_NEAR(y.data()[at], expected[i], 1e-5 * bound[i] + 1e-30) << "element " << at;
      });
    }
    for (std::int64_t i = 0; i < kernels::kSlack; ++i) {
      ASSERT_TRUE(std::isnan(y.data()[out.floats() + i])) << "wrote beyond the end";
    }
    EXPECT_GE(runner->packed_bytes(), layer.weights.nonzeros() * 4);
  }
}

TEST(Peers, EachComputesWhatTheDefinitionSays) {
  set_threads(1);  // thousands of tiny layers: where other programs run, two threads wait for each other
  std::set<std::string> served;
  for (const auto& candidate : peer_candidates()) {
    for (const Case& one : kCases) {
      for (double density : {0.0, 0.1, 1.0}) {
        for (std::int64_t images : {1, 3, 16, 20}) {
          for (Order order : {Order::kPlain, Order::kLanes, Order::kChannelsLast}) {
            for (int epilogue = 0; epilogue < 4; ++epilogue) {
              Random random(11);
              Layer layer = random_layer(one.shape, density, random);
              layer.residual = epilogue & 1;
              layer.relu = epilogue & 2;
              const kernels::Request request{layer, images, {order, 0}, {order, 0}};
              if (!candidate->refusal(request).empty()) continue;
              SCOPED_TRACE(candidate->name() + ", " + one.name + ", " + order_name(order));
              SCOPED_TRACE(testing::Message()
                           << images << " images, density " << density << ", epilogue " << epilogue);
              expect_right(*candidate, layer, images, {order, 0});
              if (testing::Test::HasFatalFailure()) return;
              served.insert(candidate->name() + " " + order_name(order) +
                            (one.shape.linear() ? " linear" : ""));
            }
          }
        }
      }
    }
  }
  for (const char* name : {"libtorch plain",
                           "libtorch channels-last",
                           "libtorch plain linear",
                           "libtorch channels-last linear",
                           "onednn channels-last",
                           "onednn plain linear",
                           "onednn channels-last linear",
                           "mkl plain linear",
                           "mkl channels-last linear",
                           "mkl-im2col plain",
                           "mkl-im2col lanes",
                           "torch.sparse_csr plain",
                           "torch.sparse_csr plain linear",
                           "torch.sparse_csr lanes",
                           "torch.sparse_csr lanes linear",
                           "mkl-sparse plain",
                           "mkl-sparse lanes linear",
                           "eigen plain",
                           "eigen plain linear",
                           "eigen lanes",
                           "eigen lanes linear"}) {
    EXPECT_TRUE(served.count(name)) << name;
  }
}

TEST(Peers, TwoThreads) {
  set_threads(2);
  Random random(13);
  // Large enough for threads to share each part of the work.
  for (const LayerShape& shape : {LayerShape{90, 16, 20, 20, 3, 3, 1, 1, 1}, LayerShape{300, 290, 1, 1}}) {
    Layer layer = random_layer(shape, 0.3, random);
    layer.residual = layer.relu = true;
    for (std::int64_t images : {1, 120}) {
      if (images > 1 && !shape.linear()) continue;
      for (const auto& candidate : peer_candidates()) {
        for (Order order : {Order::kPlain, Order::kLanes, Order::kChannelsLast}) {
          if (!candidate->refusal({layer, images, {order, 0}, {order, 0}, 2}).empty()) continue;
          SCOPED_TRACE(candidate->name() + ", " + order_name(order));
          expect_right(*candidate, layer, images, {order, 0}, 2);
        }
      }
    }
  }
  set_threads(1);
}

TEST(Peers, LayersWithoutBias) {
  Random random(5);
  Layer layer = random_layer({6, 3, 5, 5, 3, 3, 1, 1, 1}, 0.5, random);
  layer.bias.clear();
  for (const auto& candidate : peer_candidates()) {
    SCOPED_TRACE(candidate->name());
    const Layout layout{candidate->name() == "onednn" ? Order::kChannelsLast : Order::kPlain, 0};
    if (candidate->refusal({layer, 2, layout, layout}).empty()) expect_right(*candidate, layer, 2, layout);
  }
}

TEST(Peers, RefusalsSayWhy) {
  Random random(3);
  const Layer layer = random_layer({2, 2, 4, 4, 3, 3, 1, 1, 1}, 0.5, random);
  for (const auto& candidate : peer_candidates()) {
    SCOPED_TRACE(candidate->name());
    EXPECT_NE(candidate->refusal({layer, 1, {Order::kPlain, 1}, {Order::kPlain, 0}}), "");
    EXPECT_NE(candidate->refusal({layer, 1, {Order::kPlain, 0}, {Order::kLanes, 0}}), "");
  }
  Layer large = random_layer({1, 64, 1, 1, 1, 1, 1, 0, 1}, 1, random);
  large.shape.height = large.shape.width = 1024;  // 3x3: 2.3 GiB unfolded; the weights are never looked at
  large.shape.kernel_height = large.shape.kernel_width = 3;
  large.shape.padding = 1;
  for (const auto& candidate : peer_candidates()) {
    if (candidate->sparse()) {
      EXPECT_NE(candidate->refusal({large, 1, {Order::kPlain, 0}, {Order::kPlain, 0}}).find("1 GiB"),
                std::string::npos);
    }
  }
}

TEST(Peers, OwnKernelsComeFirst) {
  const auto own = kernels::cpu_candidates(), all = all_candidates();
  ASSERT_EQ(all.size(), own.size() + peer_candidates().size());
  std::set<std::string> names;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i < own.size()) {
      EXPECT_EQ(all[i]->name(), own[i]->name());
    }
    EXPECT_TRUE(names.insert(all[i]->name()).second) << all[i]->name() << " twice";
  }
}

}  // namespace
}  // namespace coppice
