// Every CPU kernel against the definition in FP64, over random layers, batches, layouts, densities,
// instruction sets and threads.
#include "coppice/random.h"

#include <cmath>
#include <limits>
#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "kernels/candidate.h"

namespace coppice::kernels {
namespace {

std::vector<Isa> levels() {
  std::vector<Isa> found;
  for (const Isa level : {Isa::kV2, Isa::kV3, Isa::kV4}) {
    if (level <= isa()) found.push_back(level);
  }
  return found;
}

/// Numbers of one test case.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : stream_(seed, "candidates") {}
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + stream_.below(next_++, static_cast<std::uint32_t>(high - low + 1));
  }
  bool chance(double p) { return stream_.uniform(next_++) < p; }
  float value() { return static_cast<float>(2 * stream_.uniform(next_++) - 1); }

 private:
  Stream stream_;
  std::uint64_t next_ = 0;
};

/// Row by row: empty, full, or of the layer's density.
Csr draw_weights(Draw& draw, std::int64_t rows, std::int64_t columns) {
  const double densities[] = {0, 0.01, 0.05, 0.2, 0.5, 1};
  const double density = densities[draw.between(0, 5)];
  std::vector<float> dense(static_cast<std::size_t>(rows * columns));
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::int64_t kind = draw.between(0, 9);
    const double p = kind == 0 ? 0 : kind == 1 ? 1 : density;
    for (std::int64_t column = 0; column < columns; ++column) {
      if (draw.chance(p)) dense[row * columns + column] = draw.value();
    }
  }
  return csr_from_dense(dense.data(), rows, columns);
}

Layer draw_layer(Draw& draw) {
  Layer layer;
  LayerShape& shape = layer.shape;
  const bool big = draw.chance(0.05);
  shape.outputs = draw.between(1, big ? 200 : 20);
  shape.channels = draw.between(1, big ? 300 : 24);
  if (draw.chance(0.6)) {
    shape.height = draw.between(1, 12);
    shape.width = draw.chance(0.5) ? shape.height : draw.between(1, 40);
    if (draw.chance(0.15)) {  // flatten + linear
      shape.kernel_height = shape.height;
      shape.kernel_width = shape.width;
    } else {
      shape.dilation = draw.between(1, 2);
      shape.padding = draw.between(0, 3);
      shape.stride = draw.between(1, 3);
      const auto fits = [&](std::int64_t size) {
        return draw.between(
            1, std::max<std::int64_t>(
                   1, std::min<std::int64_t>(5, (size + 2 * shape.padding - 1) / shape.dilation + 1)));
      };
      shape.kernel_height = fits(shape.height);
      shape.kernel_width = fits(shape.width);
      if (draw.chance(0.4)) {  // of the input's size
        shape.stride = shape.dilation = shape.padding = 1;
        shape.kernel_height = shape.kernel_width = 3;
      }
    }
  }
  layer.weights = draw_weights(draw, shape.outputs, shape.columns());
  for (std::int64_t m = 0; m < shape.outputs; ++m) layer.bias.push_back(draw.chance(0.8) ? draw.value() : 0);
  layer.residual = draw.chance(0.3);
  layer.relu = draw.chance(0.5);
  return layer;
}

constexpr float kCanary = 12345;

/// Activations with random images, a halo of zeros, and canaries in the slack of what is written.
struct Buffer {
  Activations shape;
  std::vector<float> storage;
  float* data = nullptr;

  Buffer(const Activations& a, float slack) : shape(a) {
    storage.assign(static_cast<std::size_t>(a.floats() + kSlack + 16), 0);
    const auto address = reinterpret_cast<std::uintptr_t>(storage.data()) / sizeof(float);
    data = storage.data() + (16 - address % 16) % 16;
    std::fill_n(data + a.floats(), kSlack, slack);
  }
  /// visit(image, place) for every cell that is not halo; images fill the last block.
  template <class F>
  void each(F&& visit) const {
    for (std::int64_t c = 0; c < shape.channels; ++c) {
      each_of(c, [&](std::int64_t at, std::int64_t n) { visit(n, at); });
    }
  }
  template <class F>
  void each_of(std::int64_t channel, F&& visit) const {
    const std::int64_t images = shape.blocks() * shape.lanes();
    for (std::int64_t n = 0; n < images; ++n) {
      for (std::int64_t h = 0; h < shape.height; ++h) {
        for (std::int64_t w = 0; w < shape.width; ++w) {
          const std::int64_t at = shape.offset(n, channel, h, w);
          if constexpr (std::is_invocable_v<F, std::int64_t, std::int64_t>) {
            visit(at, n);
          } else {
            visit(at);
          }
        }
      }
    }
  }
};

struct Case {
  Layer layer;
  std::int64_t images = 1;
  Layout in, out;
};

/// A case with its inputs and, in FP64, what must come out.
struct Problem {
  Case c;
  Buffer x, residual;
  std::vector<double> expected, bound;  ///< In the output's layout.

  Problem(const Case& made, Draw& draw)
      : c(made), x(c.layer.input(c.images, c.in), 0), residual(c.layer.output(c.images, c.out), 0) {
    x.each([&](std::int64_t, std::int64_t at) { x.data[at] = draw.value(); });
    residual.each([&](std::int64_t, std::int64_t at) { residual.data[at] = draw.value(); });
    expected.resize(static_cast<std::size_t>(residual.shape.floats()));
    bound.resize(expected.size());
    reference_layer(c.layer, c.images, c.in, c.out, x.data, addend(), expected.data(), bound.data());
    // Two roundings for each term, and one for each of bias, residual and output.
    for (std::int64_t m = 0; m < c.layer.shape.outputs; ++m) {
      const double terms = static_cast<double>(c.layer.weights.begin[m + 1] - c.layer.weights.begin[m]);
      residual.each_of(m, [&](std::int64_t at) { bound[at] *= (2 * terms + 3) * std::ldexp(1.0, -24); });
    }
  }
  const float* addend() const { return c.layer.residual ? residual.data : nullptr; }
};

// The largest error over what the bound allows; at most 1 is right. Also checks halo and canaries.
double worst(const Problem& problem, Runner& runner, std::string& broken) {
  const Case& c = problem.c;
  Buffer y(c.layer.output(c.images, c.out), kCanary);
  double ratio = 0;
  std::vector<bool> inside(problem.expected.size(), false);
  for (int repeat = 0; repeat < 2; ++repeat) runner.run(problem.x.data, problem.addend(), y.data);
  y.each([&](std::int64_t n, std::int64_t at) {
    inside[at] = true;
    if (n >= c.images) return;
    const double error = std::abs(y.data[at] - problem.expected[at]), bound = problem.bound[at];
    if (!(error <= bound))
      ratio = std::max(ratio, bound > 0 ? error / bound : std::numeric_limits<double>::infinity());
  });
  for (std::size_t i = 0; i < inside.size(); ++i) {
    if (!inside[i] && y.data[i] != 0) broken = fmt::format("wrote {} into the halo at {}", y.data[i], i);
  }
  for (std::int64_t i = 0; i < kSlack; ++i) {
    if (y.data[y.shape.floats() + i] != kCanary) broken = fmt::format("wrote past the end at {}", i);
  }
  return ratio;
}

std::string describe(const Case& c, const Request& request) {
  const LayerShape& s = c.layer.shape;
  return fmt::format(
      "{}x{} of {}x{}, window {}x{}, stride {}, padding {}, dilation {}, {} images, {} {} -> {} {}, density "
      "{:.3f}, relu {}, residual {}, v{}, {} threads",
      s.outputs, s.channels, s.height, s.width, s.kernel_height, s.kernel_width, s.stride, s.padding,
      s.dilation, c.images, order_name(c.in.order), c.in.halo, order_name(c.out.order), c.out.halo,
      c.layer.weights.density(), c.layer.relu, c.layer.residual, static_cast<int>(request.isa),
      request.threads);
}

// Runs `cases` random cases (each of every candidate and variant that takes it); returns how often each ran.
std::map<std::string, int> go_over(std::uint64_t seed, int cases) {
  std::map<std::string, int> runs;
  const Candidates candidates = cpu_candidates();
  for (int i = 0; i < cases; ++i) {
    Draw draw(seed + static_cast<std::uint64_t>(i));
    Case c{draw_layer(draw), 1, {}, {}};
    const double work = c.layer.sparse_flops(1) + 1;  // small enough for FP64 and the debug builds
    c.images = draw.chance(0.6) ? draw.between(1, 3) : draw.between(1, 35);
    c.images = std::clamp(static_cast<std::int64_t>(1e6 / work), std::int64_t{1}, c.images);
    const auto order = [&] { return draw.chance(0.5) ? Order::kPlain : Order::kLanes; };
    c.in = {order(), c.layer.shape.padding + draw.between(0, 1)};
    c.out = {draw.chance(0.9) ? c.in.order : order(), draw.chance(0.6) ? c.in.halo : draw.between(0, 2)};
    if (c.layer.shape.linear() && draw.chance(0.7)) c.in.halo = c.out.halo = 0;
    const std::vector<Isa> isas = levels();
    const Request request{c.layer,
                          c.images,
                          c.in,
                          c.out,
                          static_cast<int>(draw.between(1, 3)),
                          isas[draw.between(0, static_cast<std::int64_t>(isas.size()) - 1)]};
    const Problem problem(c, draw);
    for (const auto& candidate : candidates) {
      if (!candidate->refusal(request).empty()) continue;
      for (const auto& runner : candidate->make(request)) {  // packing copies what it needs
        std::string broken;
        const double ratio = worst(problem, *runner, broken);
        EXPECT_LE(ratio, 1) << candidate->name() << " " << runner->variant() << ": " << describe(c, request);
        EXPECT_EQ(broken, "") << candidate->name() << " " << runner->variant() << ": "
                              << describe(c, request);
        if (candidate->sparse()) {
          EXPECT_GE(runner->packed_bytes(), 4 * c.layer.weights.nonzeros());
        }
        ++runs[candidate->name()];
        if (testing::Test::HasFailure()) return runs;
      }
    }
  }
  return runs;
}

TEST(Candidates, AgreeWithTheDefinitionOnRandomLayers) {
  const auto runs = go_over(1, 1500);
  for (const auto& candidate : cpu_candidates()) {
    if (candidate->name().starts_with("sell-") && isa() < Isa::kV4) continue;
    EXPECT_GT(runs.contains(candidate->name()) ? runs.at(candidate->name()) : 0, 20) << candidate->name();
  }
}

TEST(Candidates, AgreeWithTheDefinitionOnTenThousandRandomLayersSlow) {
  int total = 0;
  for (const auto& [name, count] : go_over(1'000'000, 10'000)) total += count;
  EXPECT_GE(total, 10'000);
}

}  // namespace
}  // namespace coppice::kernels
