#include "kernels/cuda/row_plan/row_plan.h"

#include <algorithm>
#include <numeric>
#include <queue>
#include <set>
#include <stdexcept>
#include <utility>

namespace coppice::kernels {

namespace {

constexpr int kMostSlots = 32768;  // what 16 bits count, and enough to spare

std::int64_t length(const Csr& matrix, std::int64_t row) {
  return matrix.begin[static_cast<std::size_t>(row) + 1] - matrix.begin[static_cast<std::size_t>(row)];
}

std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// A block's teams as they fill up.
struct Filling {
  std::vector<std::vector<RowSlot>> teams;
  std::vector<std::int64_t> loads;
  std::int64_t load = 0;
  int free = 0;
};

class Planner {
 public:
  Planner(const Csr& matrix, int team_rows, int teams) : matrix_(matrix) {
    plan_.team_rows = team_rows;
    plan_.teams = teams;
    for (std::int64_t row = 0; row < matrix.rows; ++row) (length(matrix, row) ? live_ : dead_).push_back(row);
    const std::int64_t mean = live_.empty() ? 1 : divide_up(matrix.nonzeros(), std::ssize(live_));
    longest_piece_ = std::max<std::int64_t>(16, mean * team_rows / 4);
  }

  /// False where teams would be too unequal: the most of any by more than half above the mean.
  bool as_they_come() {
    for (const std::int64_t row : live_) {
      if (pieces_of(row) > 1) return false;
      if (blocks_.empty() || blocks_.back().free == 0) add_block();
      const auto team = static_cast<std::size_t>((slots() - blocks_.back().free) / plan_.team_rows);
      put(blocks_.size() - 1, team, {static_cast<std::uint32_t>(row), 0, 1});
    }
    std::int64_t most = 0;
    for (const Filling& block : blocks_) {
      for (const std::int64_t load : block.loads) most = std::max(most, load);
    }
    const double mean = static_cast<double>(matrix_.nonzeros()) * plan_.team_rows /
                        static_cast<double>(std::max<std::int64_t>(1, std::ssize(live_)));
    return static_cast<double>(most) <= 1.5 * mean || blocks_.empty();
  }

  /// The longest rows first, each to the block, and there to the team, that has the fewest nonzeros so far.
  void balanced() {
    blocks_.clear();
    std::stable_sort(live_.begin(), live_.end(),
                     [&](auto a, auto b) { return length(matrix_, a) > length(matrix_, b); });
    std::int64_t needed = 0;
    for (const std::int64_t row : live_) needed += pieces_of(row);
    while (std::ssize(blocks_) * slots() < needed) add_block();
    std::set<std::pair<std::int64_t, std::size_t>> by_load;
    for (std::size_t block = 0; block < blocks_.size(); ++block) by_load.insert({0, block});
    for (const std::int64_t row : live_) {
      const std::int64_t pieces = pieces_of(row);
      auto at = by_load.begin();
      while (at != by_load.end() && blocks_[at->second].free < pieces) ++at;
      if (at == by_load.end()) {
        add_block();
        at = by_load.insert({0, blocks_.size() - 1}).first;
      }
      const std::size_t block = at->second;
      by_load.erase(at);
      for (std::int64_t piece = 0; piece < pieces; ++piece) {
        put(block, lightest_team(blocks_[block]),
            {static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(piece),
             static_cast<std::uint32_t>(pieces)});
      }
      if (blocks_[block].free > 0) by_load.insert({blocks_[block].load, block});
    }
  }

  RowPlan plan() && {
    plan_.blocks = std::ssize(blocks_);
    std::size_t next_dead = 0;
    plan_.rows_from = {0};
    for (std::int64_t b = 0; b < plan_.blocks || next_dead < dead_.size(); ++b) {
      if (b == std::ssize(blocks_)) add_block();
      finish(blocks_[static_cast<std::size_t>(b)], next_dead);
    }
    plan_.blocks = std::ssize(blocks_);
    return std::move(plan_);
  }

 private:
  int slots() const { return plan_.block_slots(); }

  std::int64_t pieces_of(std::int64_t row) const {
    return std::min<std::int64_t>(divide_up(length(matrix_, row), longest_piece_), std::max(1, slots() / 2));
  }

  void add_block() {
    Filling block;
    block.teams.resize(static_cast<std::size_t>(plan_.teams));
    block.loads.resize(block.teams.size());
    block.free = slots();
    blocks_.push_back(std::move(block));
  }

  void put(std::size_t block, std::size_t team, const RowSlot& slot) {
    Filling& to = blocks_[block];
    const std::int64_t load = plan_.nonzeros(matrix_, slot);
    to.teams[team].push_back(slot);
    to.loads[team] += load;
    to.load += load;
    --to.free;
  }

  std::size_t lightest_team(const Filling& block) const {
    std::size_t best = block.teams.size();
    for (std::size_t team = 0; team < block.teams.size(); ++team) {
      if (std::ssize(block.teams[team]) == plan_.team_rows) continue;
      if (best == block.teams.size() || block.loads[team] < block.loads[best]) best = team;
    }
    return best;
  }

  /// Rows without nonzeros fill what is empty.
  void finish(Filling& block, std::size_t& next_dead) {
    std::vector<std::pair<RowSlot, std::uint16_t>> placed;  // with their slots
    for (std::size_t team = 0; team < block.teams.size(); ++team) {
      std::vector<RowSlot>& here = block.teams[team];
      std::sort(here.begin(), here.end(), [](const RowSlot& a, const RowSlot& b) {
        return std::pair(a.row, a.piece) < std::pair(b.row, b.piece);
      });
      for (std::int64_t i = 0; i < plan_.team_rows; ++i) {
        RowSlot slot;
        const auto at = static_cast<std::uint16_t>(static_cast<std::int64_t>(team) * plan_.team_rows + i);
        if (i < std::ssize(here)) {
          slot = here[static_cast<std::size_t>(i)];
          placed.emplace_back(slot, at);
        } else if (next_dead < dead_.size()) {
          slot.row = static_cast<std::uint32_t>(dead_[next_dead++]);
          placed.emplace_back(slot, at);
        }
        plan_.slots.push_back(slot);
      }
    }
    std::sort(placed.begin(), placed.end(), [](const auto& a, const auto& b) {
      return std::pair(a.first.row, a.first.piece) < std::pair(b.first.row, b.first.piece);
    });
    for (std::size_t i = 0; i < placed.size(); ++i) {
      const auto place = static_cast<std::uint16_t>(i);
      if (placed[i].first.piece == 0) plan_.rows.push_back({placed[i].first.row, place, place});
      plan_.rows.back().last = static_cast<std::uint16_t>(i + 1);
      plan_.row_slots.push_back(placed[i].second);
    }
    plan_.row_slots.resize(plan_.slots.size());
    plan_.rows_from.push_back(static_cast<std::uint32_t>(plan_.rows.size()));
  }

  const Csr& matrix_;
  RowPlan plan_;
  std::vector<std::int64_t> live_, dead_;
  std::int64_t longest_piece_ = 1;
  std::vector<Filling> blocks_;
};

}  // namespace

std::int64_t RowPlan::nonzeros(const Csr& matrix, const RowSlot& slot) const {
  if (slot.pieces == 0) return 0;
  return divide_up(length(matrix, slot.row) - slot.piece, slot.pieces);
}

RowPlan plan_rows(const Csr& matrix, int team_rows, int teams, RowOrder order) {
  if (team_rows < 1 || teams < 1 || std::int64_t{team_rows} * teams > kMostSlots) {
    throw std::invalid_argument("a row plan has 1 to 32768 slots a block");
  }
  Planner planner(matrix, team_rows, teams);
  if (order == RowOrder::kBalanced || !planner.as_they_come()) planner.balanced();
  return std::move(planner).plan();
}

RowPlan heaviest_first(const RowPlan& plan, const Csr& matrix) {
  const auto slots = static_cast<std::size_t>(plan.block_slots());
  std::vector<std::size_t> order(static_cast<std::size_t>(plan.blocks));
  std::vector<std::int64_t> loads(order.size());
  for (std::size_t i = 0; i < plan.slots.size(); ++i)
    loads[i / slots] += plan.nonzeros(matrix, plan.slots[i]);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return loads[a] > loads[b]; });
  RowPlan sorted{plan.team_rows, plan.teams, plan.blocks, {}, {}, {0}, {}};
  const auto append = [](auto& to, const auto& from, std::size_t first, std::size_t last) {
    to.insert(to.end(), from.begin() + static_cast<std::ptrdiff_t>(first),
              from.begin() + static_cast<std::ptrdiff_t>(last));
  };
  for (const std::size_t block : order) {
    append(sorted.slots, plan.slots, block * slots, (block + 1) * slots);
    append(sorted.row_slots, plan.row_slots, block * slots, (block + 1) * slots);
    append(sorted.rows, plan.rows, plan.rows_from[block], plan.rows_from[block + 1]);
    sorted.rows_from.push_back(static_cast<std::uint32_t>(sorted.rows.size()));
  }
  return sorted;
}

double makespan(const std::vector<double>& block_costs, std::int64_t places) {
  std::priority_queue<double, std::vector<double>, std::greater<>> free_at;
  for (std::int64_t i = 0; i < std::max<std::int64_t>(1, places); ++i) free_at.push(0);
  double end = 0;
  for (const double cost : block_costs) {
    const double done = free_at.top() + cost;
    free_at.pop();
    free_at.push(done);
    end = std::max(end, done);
  }
  return end;
}

}  // namespace coppice::kernels
