// What plans compute, whatever they choose.
#include <limits>

#include "unit/sparse/plan_cases.h"

namespace coppice {
namespace {

TEST(Plan, AgreesWithTheNetworkOnRandomNetworks) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    const double densities[] = {0.02, 0.1, 0.5, 1};
    const std::int64_t batches[] = {1, 2, 5, 17};
    PlanOptions options = hasty(batches[seed / 4 % 4], 1 + static_cast<int>(seed % 2));
    options.force_sparse = seed % 3 == 0;
    const PlanCase one(random_network(seed), densities[seed % 4], options.batch, seed);
    Plan plan = one.plan(options);
    one.expect_right(run(plan, one.images, one.network.classes));
  }
}

/// Every network of the registry, narrow and on a small image.
void check_registry(const std::vector<std::int64_t>& batches, int threads, bool (*wanted)(std::string_view)) {
  for (const std::string& name : network_names()) {
    if (!wanted(name)) continue;
    const bool residual = name.starts_with("resnet");
    const Extent image = residual ? Extent{3, 9, 8, false} : Extent{3, 17, 16, false};
    const Network network = build_network(name, image, 7, residual ? 0.25 : 0.08);
    for (const double density : {0.1, 1.0}) {
      for (const std::int64_t batch : batches) {
        for (const bool force : {false, true}) {
          SCOPED_TRACE(name + ", density " + std::to_string(density) + ", batch " + std::to_string(batch));
          PlanOptions options = hasty(batch, threads);
          options.force_sparse = force;
          const PlanCase one(network, density, batch);
          Plan plan = one.plan(options);
          one.expect_right(run(plan, one.images, network.classes));
          if (force) {
            EXPECT_TRUE(plan.runs().starts_with("sparse plan")) << plan.runs();
          }
        }
      }
    }
  }
}

TEST(Plan, AgreesWithSmallNetworksOfTheRegistry) {
  check_registry({1, 17}, 1,
                 [](std::string_view name) { return name == "lenet-300-100" || name == "conv-2"; });
  check_registry({17}, 2, [](std::string_view name) { return name == "conv-4"; });
}

TEST(Plan, SlowAgreesWithEveryNetworkOfTheRegistry) {
  check_registry({1, 17}, 1, [](std::string_view) { return true; });
}

TEST(Plan, SlowAgreesWithEveryNetworkOfTheRegistryOnTwoThreads) {
  check_registry({17}, 2, [](std::string_view name) { return name != "resnet-110"; });
}

TEST(Plan, ABatchGivesWhatItsImagesGiveAloneAndTwiceTheSameBits) {
  for (const std::uint64_t seed : {3, 8, 21, 34}) {
    SCOPED_TRACE(seed);
    const PlanCase one(random_network(seed), 0.5, 19, seed);
    Plan batch = one.plan(hasty(19)), single = one.plan(hasty(1));
    const std::vector<float> together = run(batch, one.images, one.network.classes);
    EXPECT_EQ(run(batch, one.images, one.network.classes), together);
    std::vector<double> alone;
    const auto size = static_cast<std::size_t>(one.network.input.size());
    for (std::size_t i = 0; i < 19; ++i) {
      const std::vector<float> image(one.images.begin() + static_cast<std::ptrdiff_t>(i * size),
                                     one.images.begin() + static_cast<std::ptrdiff_t>((i + 1) * size));
      const std::vector<float> logits = run(single, image, one.network.classes);
      EXPECT_EQ(run(single, image, one.network.classes), logits);
      alone.insert(alone.end(), logits.begin(), logits.end());
    }
    expect_same_logits({together.begin(), together.end()}, alone, 1e-5);
  }
}

TEST(Plan, WhereNothingIsLeftTheBiasesSpeak) {
  for (const bool force : {false, true}) {
    for (const std::int64_t batch : {1, 5}) {
      PlanCase one(little_conv(), 1, batch);
      PlanOptions options = hasty(batch);
      options.force_sparse = force;
      // c1 gives relu(bias) everywhere; fc does the rest.
      fill(one.tensors, "c1.weight", 0, 36, 0);
      Plan no_c1 = one.plan(options);
      one.expect_right(run(no_c1, one.images, 3));
      // fc gives its biases.
      fill(one.tensors, "fc.weight", 0, 108, 0);
      const auto bias = one.tensors.at("fc.bias").as<float>();
      std::vector<float> expected;
      for (std::int64_t i = 0; i < batch; ++i) expected.insert(expected.end(), bias.begin(), bias.end());
      Plan nothing = one.plan(options);
      EXPECT_EQ(run(nothing, one.images, 3), expected);
    }
  }
}

/// By logit: whether weights that are kept lead from the image to it.
std::vector<bool> connected(const PlanCase& one) {
  Tensors paths = plain_tensors(one.network);
  apply_masks(one.masks, paths);
  const std::vector<float> white(static_cast<std::size_t>(one.network.input.size()), 1);
  std::vector<bool> reached;
  for (const double logit : reference_logits(one.network, paths, white)) reached.push_back(logit > 0.5);
  return reached;
}

TEST(Plan, NanAndInfinityStayWithTheirImage) {
  int reached = 0, silent = 0;
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    const std::int64_t batch = seed % 3 == 0 ? 3 : seed % 3 == 1 ? 18 : 19;
    const PlanCase one(random_network(seed), seed % 2 ? 0.1 : 0.6, batch, seed);
    const auto classes = static_cast<std::size_t>(one.network.classes);
    const auto size = static_cast<std::size_t>(one.network.input.size());
    PlanOptions options = hasty(batch, 1 + static_cast<int>(seed / 4 % 2));
    options.force_sparse = seed % 2 == 0;
    Plan plan = one.plan(options);
    SCOPED_TRACE(one.network.name + ": " + plan.runs());
    const std::vector<float> clean = run(plan, one.images, one.network.classes);
    for (const float poison :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
      for (const std::size_t sick : {std::size_t{0}, static_cast<std::size_t>(batch) - 1}) {
        std::vector<float> images = one.images;
        std::fill_n(images.begin() + static_cast<std::ptrdiff_t>(sick * size), size, poison);
        const std::vector<float> logits = run(plan, images, one.network.classes);
        const std::vector<bool> paths = connected(one);
        for (std::size_t i = 0; i < logits.size(); ++i) {
          if (i / classes != sick) {
            EXPECT_EQ(logits[i], clean[i]) << "image " << i / classes << " for " << sick;
          } else if (std::isnan(poison) && paths[i % classes]) {
            EXPECT_TRUE(std::isnan(logits[i])) << "logit " << i % classes << " of image " << sick;
            ++reached;
          } else {
            ++silent;
          }
        }
        // Nor does any of it stay for the next call.
        EXPECT_EQ(run(plan, one.images, one.network.classes), clean);
      }
    }
  }
  EXPECT_GE(reached, 50);
  EXPECT_GE(silent, 50);
}

}  // namespace
}  // namespace coppice
