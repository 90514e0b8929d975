#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "kernels/cuda/on_host/schedule.h"

namespace coppice::kernels::host_run {

/// The threads of a block that need not wait: a bit each, a word for each warp.
class ReadySet {
 public:
  void insert(int thread) { words_[word(thread)] |= 1u << thread % 32; }
  void erase(int thread) { words_[word(thread)] &= ~(1u << thread % 32); }
  void clear() { words_ = {}; }
  std::uint32_t warp(int number) const { return words_[static_cast<std::size_t>(number)]; }
  static constexpr int kWarps = 32;

 private:
  static std::size_t word(int thread) { return static_cast<std::size_t>(thread / 32); }
  std::array<std::uint32_t, kWarps> words_{};
};

/// The decisions of the schedule that is in force where this is made.
class Order {
 public:
  Order();
  /// The numbers below `count`, as the blocks are to run.
  std::vector<std::int64_t> blocks(std::int64_t count);
  /// The thread to run next; -1 where none is ready.
  int next(const ReadySet& ready);

 private:
  std::uint64_t below(std::uint64_t limit);  ///< A random number.
  int next_shuffled(const ReadySet& ready);

  Schedule schedule_;
  std::uint64_t state_;
  int warp_ = 0, turns_left_ = 0;  ///< The warp that is ahead, and for how long.
};

}  // namespace coppice::kernels::host_run
