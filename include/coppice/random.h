#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

namespace coppice {

/// A stream of random numbers without state: element i is a pure function of (seed, purpose, level, epoch,
/// i), so nothing has to be saved to resume, and no stream depends on how far another was read. Source:
/// Philox4x32-10 of Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
class Stream {
 public:
  Stream(std::uint64_t seed, std::string_view purpose, std::uint64_t level = 0, std::uint64_t epoch = 0);

  std::uint32_t bits(std::uint64_t i) const;  ///< 32 uniform bits.
  double uniform(std::uint64_t i) const;      ///< In [0, 1), 32 bits of it.
  double normal(std::uint64_t i) const;       ///< Mean 0, variance 1 (Box and Muller 1958).
  std::uint32_t below(std::uint64_t i,
                      std::uint32_t n) const;  ///< In [0, n); n > 0 (Lemire 2019, bias < n/2^32).

  /// 0..n-1 in random order (Fisher and Yates).
  std::vector<std::uint32_t> permutation(std::uint32_t n) const;

 private:
  std::uint32_t key_[2];
  std::uint32_t salt_[2];
};

}  // namespace coppice
