#include "kernels/cpu/offset_spmm/variant.h"

#include <algorithm>

#include "kernels/cpu/offset_spmm/panel.h"

namespace coppice::kernels {

std::int64_t Variant::groups(std::int64_t tiles) const {
  if (threads == 1 || tiles >= 4 * threads) return 1;
  return (4 * threads + tiles - 1) / tiles;
}

std::string Variant::text(std::int64_t blocks) const {
  std::string text = std::to_string(vectors) + " vectors";
  if (blocks > 1) text += ", " + std::to_string(blocks) + " blocks";
  if (threads > 1) text += ", " + std::to_string(threads) + " threads";
  return text;
}

/// One thread, all of them, or both where it depends on the machine: waking the others takes some
/// microseconds.
static std::vector<int> thread_counts(const Request& request) {
  constexpr double kNeverShared = 2e5, kAlwaysShared = 1e7;  // operations
  const double work = request.layer.sparse_flops(request.images);
  if (request.threads == 1 || work < kNeverShared) return {1};
  if (work > kAlwaysShared) return {request.threads};
  return {request.threads, 1};
}

std::vector<Variant> variants(const Request& request) {
  const std::int64_t most = panel_vectors(request.isa);
  std::vector<Variant> chosen;
  for (const int threads : thread_counts(request)) {
    for (const std::int64_t vectors : {std::min<std::int64_t>(4, most), std::min<std::int64_t>(8, most)}) {
      for (const std::int64_t block_bytes : {32 << 10, 0}) {
        const bool twice = std::any_of(chosen.begin(), chosen.end(), [&](const Variant& other) {
          return other.vectors == vectors && other.block_bytes == block_bytes && other.threads == threads;
        });
        if (!twice) chosen.push_back({vectors, block_bytes, threads});
      }
    }
  }
  return chosen;
}

}  // namespace coppice::kernels
