#pragma once
#include <array>
#include <cstdint>
#include <vector>

namespace coppice::kernels {

/// A nonzero on its way into a packed matrix.
struct SpmvEntry {
  std::uint32_t slot;
  float value;
};

/// Lanes read their columns of x from shared memory at once, and wait for each other where two need different
/// words of one bank: with columns as they come 3.5 times as long as without, for one image. Since the order
/// of a row's nonzeros is free, it is chosen here so that neighbours in the result mostly differ in their
/// bank.
class BankOrder {
 public:
  /// `column_bytes`: of all images of a column, which are read 16 bytes at a time at most.
  explicit BankOrder(std::int64_t column_bytes);
  /// Lanes that shared memory serves at once, and the columns that it can serve them then, each from others
  /// of its banks.
  int banks() const { return banks_; }
  int bank(std::uint32_t slot) const { return static_cast<int>(slot) & (banks_ - 1); }
  /// The entries of a piece in the order in which a team of `lanes` reads them (spmv_position): those that
  /// are read at once become as different in their banks as a look at those left allows. Teams of one warp
  /// read at once too: with their number `team` each begins in another part of the banks.
  void arrange(std::vector<SpmvEntry>& entries, int lanes, int team);

 private:
  void sort_by_bank(const std::vector<SpmvEntry>& entries);
  SpmvEntry take();

  int banks_;
  std::vector<SpmvEntry> sorted_;
  std::array<int, 32> next_ = {}, left_ = {};  ///< Of each bank's entries in sorted_.
  std::array<int, 32> taken_ = {};             ///< Of each bank, for the access under way.
  std::array<int, 32> foreign_ = {};           ///< Whether the bank is another team's in this access.
};

/// Where the entry that is read as the `index`th stands in a piece of `groups` groups read by `lanes` lanes:
/// first the first words of the groups of all lanes, then their second words, ...
std::int64_t spmv_position(std::int64_t index, std::int64_t groups, std::int64_t lanes);

}  // namespace coppice::kernels
