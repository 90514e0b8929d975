#include "kernels/cpu/sparse_gemv/sell_pack.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace coppice::kernels {

namespace {

constexpr int kRows = 16;
constexpr std::int64_t kBlock = 32;
constexpr std::int64_t kWindow = 128;

struct Entry {
  std::int32_t column = 0;
  float value = 0;
};
using Group = std::array<Entry, kRows>;

/// The groups of one slice. Lanes without a weight get 0 and, where they can, a column that their row reads
/// anyway: 0 times a non-finite input is NaN.
class SliceGroups {
 public:
  std::vector<Group> blocked, gathered;

  SliceGroups(const Csr& w, const std::int32_t* rows, int lanes, int fill) {
    std::array<std::vector<Entry>, kRows> rest;
    std::array<std::int64_t, kRows> at = {}, end = {};
    for (int i = 0; i < lanes; ++i) {
      at[i] = w.begin[rows[i]];
      end[i] = w.begin[rows[i] + 1];
    }
    for (std::int64_t first = 0; first < w.columns; first += kBlock) {
      std::array<std::int64_t, kRows> count = {};
      for (int i = 0; i < lanes; ++i) {
        while (at[i] + count[i] < end[i] && w.column[at[i] + count[i]] < first + kBlock) ++count[i];
      }
      std::int64_t level = 0;
      while (std::count_if(count.begin(), count.end(), [&](auto c) { return c > level; }) >= fill) {
        Group group;
        for (int i = 0; i < kRows; ++i) {
          group[i].column = static_cast<std::int32_t>(first);
          if (count[i] > 0) group[i].column = w.column[at[i] + std::min(level, count[i] - 1)];
          if (level < count[i]) group[i].value = w.value[at[i] + level];
        }
        blocked.push_back(group);
        ++level;
      }
      for (int i = 0; i < lanes; ++i) {
        for (std::int64_t k = level; k < count[i]; ++k) {
          rest[i].push_back({w.column[at[i] + k], w.value[at[i] + k]});
        }
        at[i] += count[i];
      }
    }
    while (blocked.size() % 4 != 0) {
      blocked.push_back(blocked.back());
      for (Entry& entry : blocked.back()) entry.value = 0;
    }
    std::size_t longest = 0;
    for (const auto& lane : rest) longest = std::max(longest, lane.size());
    gathered.resize(longest);
    for (std::size_t k = 0; k < longest; ++k) {
      for (int i = 0; i < lanes; ++i) {
        if (k < rest[i].size()) {
          gathered[k][i] = rest[i][k];
        } else {
          gathered[k][i].column = w.column[w.begin[rows[i]]];  // rows of a slice with groups have a weight
        }
      }
    }
  }
};

struct Slice {
  std::int32_t row[kRows] = {};
  int lanes = 0;
};

/// Rows by length, so that those of a slice are alike; only within windows, or threads would write to the
/// same cache lines of the output. Rows without weights apart: a slice of them has no groups.
std::vector<Slice> slices_by_length(const Csr& w) {
  const auto length = [&](std::int32_t row) { return w.begin[row + 1] - w.begin[row]; };
  std::vector<std::int32_t> order(static_cast<std::size_t>(w.rows));
  std::iota(order.begin(), order.end(), 0);
  for (std::int64_t begin = 0; begin < w.rows; begin += kWindow) {
    std::stable_sort(order.begin() + begin, order.begin() + std::min(w.rows, begin + kWindow),
                     [&](auto a, auto b) { return length(a) > length(b); });
  }
  std::vector<Slice> slices;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const bool kind_changes = i > 0 && (length(order[i]) == 0) != (length(order[i - 1]) == 0);
    if (slices.empty() || slices.back().lanes == kRows || kind_changes) slices.emplace_back();
    slices.back().row[slices.back().lanes++] = order[i];
  }
  return slices;
}

}  // namespace

std::int64_t SellMatrix::bytes() const {
  return values.bytes() + columns.bytes() + blocks.bytes() + gathered.bytes() +
         static_cast<std::int64_t>(slices.size() * sizeof(SellSlice));
}

SellMatrix sell_pack(const Csr& weights, const std::vector<float>& bias, int fill) {
  const std::vector<Slice> slices = slices_by_length(weights);
  // Formed twice, to be counted and to be stored: all at once they would be much larger than the matrix.
  const auto groups_of = [&](const Slice& slice) {
    return SliceGroups(weights, slice.row, slice.lanes, fill);
  };
  std::int64_t fours = 0, gathers = 0;
  for (const Slice& slice : slices) {
    const SliceGroups groups = groups_of(slice);
    fours += std::ssize(groups.blocked) / 4;
    gathers += std::ssize(groups.gathered);
  }
  SellMatrix packed = {{},
                       {0},
                       AlignedArray<float>(16 * (4 * fours + gathers)),
                       AlignedArray<std::uint8_t>(64 * fours),
                       AlignedArray<std::uint16_t>(4 * fours),
                       AlignedArray<std::uint16_t>(16 * gathers)};
  float* values = packed.values.data();
  std::uint8_t* columns = packed.columns.data();
  std::uint16_t* blocks = packed.blocks.data();
  std::uint16_t* gathered = packed.gathered.data();
  for (std::size_t s = 0; s < slices.size(); ++s) {
    const SliceGroups from = groups_of(slices[s]);
    SellSlice slice = {
        values, columns,         blocks, gathered, std::ssize(from.blocked) / 4, std::ssize(from.gathered),
        {},     slices[s].lanes, {}};
    for (int i = 0; i < slice.lanes; ++i) {
      slice.row[i] = slices[s].row[i];
      if (!bias.empty()) slice.bias[i] = bias[static_cast<std::size_t>(slice.row[i])];
    }
    for (std::size_t g = 0; g < from.blocked.size(); ++g, values += kRows) {
      *blocks++ = static_cast<std::uint16_t>(from.blocked[g][0].column / kBlock);
      for (int i = 0; i < kRows; ++i) {
        values[i] = from.blocked[g][i].value;
        columns[g / 4 * 64 + i * 4 + g % 4] = static_cast<std::uint8_t>(from.blocked[g][i].column % kBlock);
      }
    }
    columns += slice.fours * 64;
    for (const Group& group : from.gathered) {
      for (const Entry& entry : group) {
        *values++ = entry.value;
        *gathered++ = static_cast<std::uint16_t>(entry.column);
      }
    }
    packed.slices.push_back(slice);
    // Bytes, and for gathers and slices what they take beyond theirs.
    packed.work_before.push_back(packed.work_before.back() + 330 * slice.fours + 120 * slice.gathers + 500);
  }
  return packed;
}

std::string sell_variant(int fill, int threads) {
  return "groups of " + std::to_string(fill) + " and more, " + std::to_string(threads) +
         (threads == 1 ? " thread" : " threads");
}

}  // namespace coppice::kernels
