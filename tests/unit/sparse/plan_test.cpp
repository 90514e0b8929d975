#include "coppice/plan.h"

#include "coppice/error.h"
#include "coppice/prune.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "base/files.h"
#include "sparse/plan_content.h"
#include "support/random_network.h"
#include "support/reference_network.h"
#include "support/scratch.h"

namespace coppice {
namespace {

/// Quick and with little regard to which kernel is the fastest.
PlanOptions hasty(std::int64_t batch, int threads = 1) {
  PlanOptions options;
  options.batch = batch;
  options.threads = threads;
  options.seconds_per_way = 0;
  return options;
}

std::vector<float> run(Plan& plan, const std::vector<float>& images, std::int64_t classes) {
  std::vector<float> logits(static_cast<std::size_t>(plan.batch() * classes), -1);
  plan.run(images.data(), logits.data());
  return logits;
}

double worst(const std::vector<float>& logits, const std::vector<double>& expected) {
  double largest = 0, off = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    largest = std::max(largest, std::abs(expected[i]));
    const double difference = std::abs(logits[i] - expected[i]);
    if (!(difference <= off)) off = difference;
  }
  return largest > 0 ? off / largest : off;
}

TEST(Plan, AgreesWithTheNetworkOnRandomNetworks) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const Network network = random_network(seed);
    Tensors tensors = random_tensors(network, seed);
    const double densities[] = {0.02, 0.1, 0.5, 1};
    const Masks masks = ragged_masks(network, densities[seed % 4], seed);
    apply_masks(masks, tensors);
    const std::int64_t batches[] = {1, 2, 5, 17};
    PlanOptions options = hasty(batches[seed / 4 % 4], 1 + static_cast<int>(seed % 2));
    options.force_sparse = seed % 3 == 0;
    const std::vector<float> images = random_images(network, options.batch, seed);
    Plan plan(network, tensors, masks, images.data(), options);
    const auto expected = reference_logits(network, tensors, images);
    EXPECT_LE(worst(run(plan, images, network.classes), expected), 1e-4)
        << network.name << ": " << plan.runs();
  }
}

}  // namespace
}  // namespace coppice
