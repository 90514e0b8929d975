#include <limits>

#include <torch/csrc/autograd/autograd.h>

#include "train/libtorch/torch_norm.h"
#include "unit/train_libtorch/support.h"

namespace coppice {
namespace {

struct Case {
  std::vector<std::int64_t> sizes;
  bool add, relu;
};

std::vector<Case> cases() {
  std::vector<Case> list;
  for (const std::vector<std::int64_t>& sizes : std::vector<std::vector<std::int64_t>>{{2, 1, 1, 1},
                                                                                       {3, 1, 4, 5},
                                                                                       {4, 3, 5, 5},
                                                                                       {2, 16, 9, 7},
                                                                                       {5, 17, 3, 3},
                                                                                       {3, 64, 2, 2},
                                                                                       {9, 40, 1, 1},
                                                                                       {16, 70, 12, 12},
                                                                                       {7, 5},
                                                                                       {33, 96},
                                                                                       {2, 1}}) {
    for (const bool add : {false, true}) {
      for (const bool relu : {false, true}) list.push_back({sizes, add, relu});
    }
  }
  return list;
}

struct Setting {
  at::Tensor x, addend;
  NormTensors tensors;
};

/// Away from mean 0 and variance 1, so that nothing cancels by luck. `channels_last` changes memory alone.
Setting make(const Case& c, bool channels_last, at::ScalarType type = at::kFloat) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(9);
  const std::int64_t channels = c.sizes[1];
  const auto random = [&](at::IntArrayRef sizes) { return at::randn(sizes, generator); };
  Setting s;
  s.x = (random(c.sizes) * 2 + 3).to(type);
  s.addend = random(c.sizes).to(type);
  if (channels_last && c.sizes.size() == 4) {
    s.x = s.x.contiguous(at::MemoryFormat::ChannelsLast);
    s.addend = s.addend.contiguous(at::MemoryFormat::ChannelsLast);
  }
  s.tensors = {random({channels}).to(type), random({channels}).to(type), random({channels}).to(type),
               random({channels}).abs().add(0.5).to(type)};
  for (at::Tensor* leaf : {&s.x, &s.addend, &s.tensors.weight, &s.tensors.bias})
    leaf->set_requires_grad(true);
  return s;
}

at::Tensor reference(const Setting& s, const Case& c, bool training) {
  at::Tensor y = at::batch_norm(s.x, s.tensors.weight, s.tensors.bias, s.tensors.running_mean,
                                s.tensors.running_var, training, kNormMomentum, kNormEpsilon, false);
  if (c.add) y = y + s.addend;
  return c.relu ? y.relu() : y;
}

void expect_near(const at::Tensor& got, const at::Tensor& want, const std::string& what) {
  ASSERT_EQ(got.sizes(), want.sizes()) << what;
  const double scale = std::max(1.0, want.abs().max().item<double>());
  EXPECT_LE((got.to(at::kDouble) - want).abs().max().item<double>(), 5e-6 * scale) << what;
}

TEST(FusedNorm, TrainsAsTorchInDoubleDoes) {
  for (const Case& c : cases()) {
    for (const bool channels_last : {false, true}) {
      const Setting ours = make(c, channels_last), theirs = make(c, false, at::kDouble);
      const at::Tensor y = fused_norm(ours.x, ours.tensors, c.add ? ours.addend : at::Tensor(), c.relu, true);
      const at::Tensor want = reference(theirs, c, true);
      const std::string what = c10::str(c.sizes, c.add ? " add" : "", c.relu ? " relu" : "");
      expect_near(y.detach(), want.detach(), what + " y");
      expect_near(ours.tensors.running_mean, theirs.tensors.running_mean, what + " mean");
      expect_near(ours.tensors.running_var, theirs.tensors.running_var, what + " variance");
      // Weighted so that the gradient of each output differs.
      auto generator = at::make_generator<at::CPUGeneratorImpl>(10);
      const at::Tensor weights = at::randn(c.sizes, generator);
      torch::autograd::backward({(y * weights).sum()}, {});
      torch::autograd::backward({(want * weights.to(at::kDouble)).sum()}, {});
      expect_near(ours.x.grad(), theirs.x.grad(), what + " dx");
      expect_near(ours.tensors.weight.grad(), theirs.tensors.weight.grad(), what + " dweight");
      expect_near(ours.tensors.bias.grad(), theirs.tensors.bias.grad(), what + " dbias");
      if (c.add) expect_near(ours.addend.grad(), theirs.addend.grad(), what + " daddend");
    }
  }
}

TEST(FusedNorm, EvaluatesWithRunningStatistics) {
  const at::NoGradGuard no_grad;
  for (const Case& c : cases()) {
    const Setting ours = make(c, true), theirs = make(c, false, at::kDouble);
    const at::Tensor mean = ours.tensors.running_mean.clone();
    expect_near(fused_norm(ours.x, ours.tensors, c.add ? ours.addend : at::Tensor(), c.relu, false),
                reference(theirs, c, false), c10::str(c.sizes));
    EXPECT_TRUE(ours.tensors.running_mean.equal(mean));
  }
}

TEST(FusedNorm, LetsNotANumberThrough) {
  const Case c{{2, 20, 2, 2}, false, true};
  const Setting s = make(c, true);
  const at::NoGradGuard no_grad;
  s.x.mutable_data_ptr<float>()[0] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(fused_norm(s.x, s.tensors, {}, true, true).isnan().any().item<bool>());
}

}  // namespace
}  // namespace coppice
