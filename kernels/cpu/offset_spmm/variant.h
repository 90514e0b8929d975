#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels/candidate.h"

namespace coppice::kernels {

/// What can be chosen freely when a layer is packed for panels.
struct Variant {
  std::int64_t vectors = 8;      ///< The most in a tile.
  std::int64_t block_bytes = 0;  ///< Of activations that the columns of a block may touch; 0: one block.
  int threads = 1;

  /// Into how many groups of rows to cut a matrix so that every thread finds work among so many tiles.
  std::int64_t groups(std::int64_t tiles) const;
  std::string text(std::int64_t blocks) const;
};

/// The variants worth timing.
std::vector<Variant> variants(const Request& request);

template <class R>
std::vector<std::unique_ptr<Runner>> runners_of(const Request& request, const std::vector<Variant>& chosen) {
  std::vector<std::unique_ptr<Runner>> runners;
  for (const Variant& variant : chosen) runners.push_back(std::make_unique<R>(request, variant));
  return runners;
}

}  // namespace coppice::kernels
