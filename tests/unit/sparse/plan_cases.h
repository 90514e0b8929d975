#pragma once
// What the tests of plans share.
#include "coppice/plan.h"

#include "base/libtorch/threads.h"
#include "unit/sparse/support.h"

namespace coppice {

/// Quick and with little regard to which kernel is the fastest.
inline PlanOptions hasty(std::int64_t batch, int threads = 1) {
  set_threads(threads);
  PlanOptions options;
  options.batch = batch;
  options.threads = threads;
  options.seconds_per_way = 0;
  return options;
}

inline std::vector<float> run(Plan& plan, const std::vector<float>& images, std::int64_t classes) {
  std::vector<float> logits(static_cast<std::size_t>(plan.batch() * classes), -1);
  plan.run(images.data(), logits.data());
  return logits;
}

/// A network, pruned, with images.
struct PlanCase {
  Network network;
  Tensors tensors;
  Masks masks;
  std::vector<float> images;

  PlanCase(Network of, double density, std::int64_t batch, std::uint64_t seed = 1)
      : network(std::move(of)),
        tensors(random_tensors(network, seed)),
        masks(ragged_masks(network, density, seed)),
        images(random_images(network, batch, seed)) {
    apply_masks(masks, tensors);
  }
  Plan plan(const PlanOptions& options) const {
    return Plan(network, tensors, masks, images.data(), options);
  }
  void expect_right(const std::vector<float>& logits) const {
    expect_same_logits({logits.begin(), logits.end()}, reference_logits(network, tensors, images));
  }
};

/// [c1: 1 -> 4 channels, 6 x 6] -> relu -> max pool -> [fc: 36 -> 3]
inline Network little_conv() {
  Network network{"little", {1, 6, 6, false}, 3, {}};
  Node c1 = node(Op::kConv, "c1");
  c1.out = 4;
  c1.kernel = 3;
  c1.padding = 1;
  Node pool = node(Op::kMaxPool, "p");
  pool.kernel = 2;
  network.nodes = {c1, node(Op::kRelu, "r"), pool, node(Op::kFlatten, "f"), linear("fc", 3)};
  return complete(network);
}

}  // namespace coppice
