#pragma once
#include "coppice/config.h"
#include "coppice/network.h"
#include "coppice/tensor.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace coppice {

/// Images and labels, held in memory once, as they came: uint8 [count, c, h, w], or float32.
struct Examples {
  Extent image;                      ///< Of each example; never flat.
  Tensor pixels;                     ///< [count, c, h, w], kU8 or kF32.
  std::vector<std::int32_t> labels;  ///< In [0, classes).
  std::int64_t count() const { return static_cast<std::int64_t>(labels.size()); }
};

enum class Split { kTrain, kValidation, kTest };

/// A data set ready for training. Training and validation examples share one store and are told apart by
/// index.
struct Data {
  std::string name;
  std::int64_t classes = 0;
  Examples pool;  ///< Training and validation examples.
  Examples test;
  std::vector<std::uint32_t> train;       ///< Indices into pool, ascending, after `subset`.
  std::vector<std::uint32_t> validation;  ///< Indices into pool, ascending; the same for every seed.
  std::vector<float> mean, stddev;        ///< Per channel over the training examples; uint8 counts as 0..1.
  std::string augment = "none";           ///< Of training batches: "none" or "flip-crop", as configured.
  std::string sha256;                     ///< Of the decoded content of both stores, before subset and split.

  const Examples& examples(Split split) const { return split == Split::kTest ? test : pool; }
  std::int64_t count(Split split) const;
  /// Index of the i-th example of a split in its store.
  std::uint32_t index(Split split, std::int64_t i) const;
};

/// Loads, reduces (`resolution` by area averaging), splits and measures a data set. Places looked at, in
/// order: config.path, $COPPICE_DATA/<dataset>, $COPPICE_DATA, /usr/share/datasets/<dataset>,
/// ./data/<dataset>. Throws BadInput: which file, what is wrong at which offset, and what to do.
Data load_data(const DataConfig& config);

/// Random shift and flip of one example: "flip-crop" pads by 4 with zeros (in raw pixel units), crops back to
/// size at (dy, dx) and mirrors left-right.
struct Jitter {
  std::int8_t dy = 0, dx = 0;  ///< In [-4, 4]: output pixel (y, x) comes from input pixel (y + dy, x + dx).
  bool flip = false;
};

/// The jitter of each example of a batch: a pure function of (seed, level, epoch, place in the epoch's
/// order).
std::vector<Jitter> draw_jitter(std::uint64_t seed, std::uint64_t level, std::uint64_t epoch,
                                std::int64_t first, std::int64_t count);

/// Gathers examples by index into out [indices.size(), c, h, w], float32, normalised: (pixel - mean) / stddev
/// per channel. `jitter` is empty or one for each index. Runs on OpenMP threads; the result does not depend
/// on how many.
void gather(const Data& data, Split split, std::span<const std::uint32_t> indices,
            std::span<const Jitter> jitter, float* out);

/// What `doctor` reports: for each known data set the folder where it was found, or empty and how to get it.
struct DatasetPlace {
  std::string dataset, folder, remedy;
};
std::vector<DatasetPlace> find_datasets();

}  // namespace coppice
