#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "sparse/executable.h"

namespace coppice {

/// A batch in pieces, shared out over threads, each of which takes its pieces through the whole network
/// alone.
class PieceExecutable {
 public:
  /// One executable for each thread, all of the same program and size of piece.
  PieceExecutable(std::vector<std::unique_ptr<Executable>> threads, std::int64_t pieces);

  /// images [pieces x n, channels, height, width], logits [pieces x n, classes]. What a thread throws is
  /// thrown here once all have ended.
  void run(const float* images, float* logits);

  std::int64_t activation_bytes() const;  ///< Of all threads.
  std::int64_t packed_bytes() const;      ///< Likewise: each has the weights for itself.

 private:
  std::vector<std::unique_ptr<Executable>> threads_;
  std::int64_t pieces_;
};

}  // namespace coppice
