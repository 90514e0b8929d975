#pragma once
#include <array>
#include <cstdint>
#include <vector>

namespace coppice::kernels {

/// A nonzero on its way into a packed matrix.
struct PackedEntry {
  std::uint32_t place;  ///< In shared memory, as the kernel counts it.
  float value;
  std::uint32_t bank;  ///< Of that place: below BankOrder::banks().
};

/// How many lanes shared memory serves at once where each asks for so many bytes side by side (16 at a time
/// at most), and from how many different banks: a warp's access of 4, 8 or 16 bytes a lane is served for 32,
/// 16 or 8 lanes at a time, 128 bytes.
int banks_for(std::int64_t bytes);

/// Lanes reach into shared memory at once, and wait for each other where two need different words of one
/// bank: with nonzeros as they come 3.5 times as long as without. Since the order of nonzeros is free, it is
/// chosen here so that neighbours in the result mostly differ in their bank.
class BankOrder {
 public:
  explicit BankOrder(int banks) : banks_(banks) {}  ///< 8, 16 or 32.
  int banks() const { return banks_; }
  /// The entries of a piece in the order in which a team of `lanes` reads them (packed_position): those that
  /// are read at once become as different in their banks as a look at those left allows. Teams of one warp
  /// read at once too: with their number `team` each begins in another part of the banks.
  void arrange(std::vector<PackedEntry>& entries, int lanes, int team);

 private:
  void sort_by_bank(const std::vector<PackedEntry>& entries);
  PackedEntry take();

  int banks_;
  std::vector<PackedEntry> sorted_;
  std::array<int, 32> next_ = {}, left_ = {};  ///< Of each bank's entries in sorted_.
  std::array<int, 32> taken_ = {};             ///< Of each bank, for the access under way.
  std::array<int, 32> foreign_ = {};           ///< Whether the bank is another team's in this access.
};

/// Where the entry that is read as the `index`th stands in a piece of `groups` groups of four read by `lanes`
/// lanes: first the first words of the groups of all lanes, then their second words, ...
std::int64_t packed_position(std::int64_t index, std::int64_t groups, std::int64_t lanes);

}  // namespace coppice::kernels
