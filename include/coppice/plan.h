#pragma once
#include "coppice/mask.h"
#include "coppice/network.h"
#include "coppice/tensor.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace coppice {

struct PlanOptions {
  std::int64_t batch = 1;  ///< Images of every call.
  int threads = 1;         ///< LibTorch's own number is the caller's to set (`prune` and `compare` do).
  /// Every layer on a sparse kernel, and the whole dense network no candidate: to see what the choice is
  /// worth.
  bool force_sparse = false;
  double seconds_per_way = 0.02;  ///< What each kernel in question is measured for, at least.
  /// A file that keeps the plan. One that is there is used if it was made for the same weights on such a
  /// machine; otherwise, or where it cannot be read, it is made anew, and where it cannot be written the plan
  /// holds all the same (`Plan::note` says why). Empty: none.
  std::string cache;
  /// Told before each step is surveyed; may throw to stop.
  std::function<void(std::size_t step, std::size_t steps)> on_step;
};

/// A network ready for inference on the CPU, fastest as measured on this machine.
///
/// BatchNorm, additions and ReLUs are folded into the layers, dead units are gone, and every layer runs on
/// the kernel and in the layout that make the whole fastest: all candidates (own sparse kernels, other
/// libraries' sparse and dense ones) and all conversions between layouts are timed on the images given, and
/// the plan is the shortest path. Several threads either share every layer or take pieces of the batch
/// through the whole network, each by itself, whichever is faster. The whole network on the fastest dense
/// library is a candidate too, so a plan is never slower than that.
///
/// NaN or infinity in an image reaches every logit that kept weights lead it to, perhaps others too; never
/// other images. (A pruned weight stops them, where 0 x NaN would not.)
class Plan {
 public:
  /// Makes a plan, or reads it from the cache. `images` [batch, channels, height, width]: real ones, for
  /// timing alone. Throws BadInput where tensors or masks are not the network's, or a number in them is not
  /// finite, or batch or threads are below 1; Failure where a kernel's output is not what it must be.
  Plan(const Network& network, const Tensors& tensors, const Masks& masks, const float* images,
       const PlanOptions& options);
  ~Plan();
  Plan(Plan&&) noexcept;
  Plan& operator=(Plan&&) noexcept;

  /// images [batch, channels, height, width], logits [batch, classes], contiguous fp32. Allocates nothing
  /// (LibTorch does where its operations are part of the plan). Not for two threads at once.
  void run(const float* images, float* logits);

  std::int64_t batch() const;
  /// What runs: "sparse plan", or the name of the dense library's way that was faster.
  std::string runs() const;
  std::string note() const;  ///< What became of the cache; empty where it was used or none was asked for.
  bool from_cache() const;
  std::int64_t packed_bytes() const;      ///< Of the weights as the kernels read them.
  std::int64_t activation_bytes() const;  ///< Of all buffers.

  struct Content;  ///< src/sparse/plan_content.h
  const Content& content() const { return *content_; }
  Content& content() { return *content_; }

 private:
  std::unique_ptr<Content> content_;
};

}  // namespace coppice
