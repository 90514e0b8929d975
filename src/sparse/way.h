#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kernels/candidate.h"
#include "sparse/program.h"

namespace coppice {

/// How images come in and logits go out.
inline constexpr kernels::Layout kAsPytorch = {kernels::Order::kPlain, 0};

/// Layouts that a value may take in a plan: as PyTorch has it, with the halo that its readers want, in lanes
/// (from 3 images on: fewer would leave most lanes empty), and channels last.
std::vector<kernels::Layout> layouts_of(const Value& value, std::int64_t images);

kernels::Activations activations(const Value& value, std::int64_t images, kernels::Layout layout);

std::string layout_text(kernels::Layout layout);  ///< "plain", "plain+1", "lanes", "channels-last"

/// One way of running one step of a program.
struct Way {
  std::string kernel, variant;
  bool sparse = false;  ///< A layer whose work is on its nonzeros alone.
  std::vector<kernels::Layout> in;
  kernels::Layout out;
  std::int64_t packed_bytes = 0;
  /// Inputs as the step has them, laid out as `in` says; not for two threads at once.
  std::function<void(const std::vector<const float*>& inputs, float* y)> run;

  std::string text() const;  ///< "offset-lanes (8 vectors, 4 blocks)"
};

/// What the steps of a plan are made for. `program` must outlive the ways.
struct WayContext {
  const Program& program;
  std::int64_t images = 1;
  int threads = 1;
  kernels::Candidates candidates = {};
};

/// All ways in which a step can run, over all layouts.
std::vector<Way> ways_of(const WayContext& context, const Step& step);

}  // namespace coppice
