#pragma once
#include "coppice/data.h"

#include <cstdint>
#include <span>
#include <vector>

#include "train/mlp/floats.h"
#include "train/mlp/layer.h"
#include "train/mlp/panels.h"

namespace coppice {

/// Which examples make up a batch.
struct Batch {
  Split split = Split::kTrain;
  std::vector<std::uint32_t> indices;
  std::vector<Jitter> jitter;  ///< Empty, or one for each.
  std::int64_t count() const { return static_cast<std::int64_t>(indices.size()); }
};

/// Images and labels of one batch, normalised and side by side. Functions do the work of one share: the
/// examples in `mine`.
class BatchStore {
 public:
  BatchStore(const Data& data, std::int64_t capacity);
  void gather(const Batch& batch, Range mine);
  /// Asks for the pixels of a batch to come, so that they arrive while the processor computes: gathering
  /// finds examples all over the data set and would wait for memory half of its time.
  void prefetch(const Batch& batch, Range mine) const;
  Matrix images() { return {images_.data(), pixels_}; }
  std::int32_t label(std::int64_t example) const { return labels_[static_cast<std::size_t>(example)]; }

 private:
  const Data& data_;
  std::int64_t pixels_;  // of an image
  Floats images_;
  std::vector<std::int32_t> labels_;
};

}  // namespace coppice
