#pragma once
#include "coppice/mask.h"

#include <cstdint>
#include <span>
#include <vector>

namespace coppice {

/// Some neighbouring outputs of a linear layer: their weights lie together, as [in][width].
struct Panel {
  std::int64_t column = 0;  ///< The first output.
  std::int64_t width = 0;   ///< A multiple of 16; outputs beyond the layer's own are padding, always 0.
  std::int64_t offset = 0;  ///< Of its first float in the layer's arrays; a multiple of 64.
  bool shared = false;      ///< All shares work on it, each on some rows, or one share alone does.
};

struct Range {
  std::int64_t begin = 0, end = 0;
  std::int64_t size() const { return end - begin; }
};

/// Part `share` of [0, count) cut into `shares` nearly equal ones, on multiples of `step`.
Range share_of(std::int64_t count, int share, int shares, std::int64_t step = 1);

/// Floats from row to row of a matrix with so many columns: an odd number of cache lines, so that a column's
/// elements spread over all sets of the cache.
std::int64_t odd_pitch(std::int64_t columns);

/// How the weights [out][in] of a linear layer lie in memory and who works on them. They are stored
/// transposed, in panels as wide as the matrix kernel takes. Each share (a thread) owns some panels whole, so
/// that these weights, their optimiser state and mask stay in its core's cache from step to step. Outputs
/// that do not divide evenly make up shared panels, whose rows are shared out: examples forward, inputs in
/// the update.
class PanelLayout {
 public:
  PanelLayout(std::int64_t in, std::int64_t out, int shares);

  std::int64_t in() const { return in_; }
  std::int64_t out() const { return out_; }
  std::int64_t columns() const { return columns_; }  ///< Outputs with padding.
  std::int64_t pitch() const { return pitch_; }      ///< odd_pitch(out).
  std::int64_t floats() const { return floats_; }    ///< Size of arrays in this layout.
  bool any_shared() const { return any_shared_; }
  bool all_shared() const { return all_shared_; }

  /// Panels that a share works on.
  const std::vector<Panel>& panels(int share) const { return panels_[static_cast<std::size_t>(share)]; }
  /// Of `count` examples those that a share works on in one of its panels.
  Range examples(int share, const Panel& panel, std::int64_t count) const;
  /// The same of the weights' rows (inputs); begins on a multiple of 4, so at a whole word of mask bits.
  Range inputs(int share, const Panel& panel) const;

  void pack(const float* weight, float* packed) const;  ///< From [out][in]; writes 0 into padding.
  void unpack(const float* packed, float* weight) const;
  /// One bit for each float of the layout, 0 in padding. Null: all kept.
  std::vector<std::uint64_t> pack(const Mask* mask) const;

 private:
  std::vector<Panel> cut(Range units, bool shared);
  int shares() const { return static_cast<int>(panels_.size()); }
  template <class Visit>
  void each(Visit visit) const;  // visit(index in [out][in], index in the layout)

  std::int64_t in_, out_, columns_, pitch_, floats_ = 0;
  bool any_shared_ = false, all_shared_ = false;
  std::vector<std::vector<Panel>> panels_;  // of every share
  std::vector<Panel> all_;
};

}  // namespace coppice
