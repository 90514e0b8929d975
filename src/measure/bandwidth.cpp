#include "measure/bandwidth.h"

#include "coppice/error.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <omp.h>

#include <fmt/format.h>

#include "kernels/cpu/bandwidth/bandwidth.h"
#include "measure/clock.h"

namespace coppice {

std::vector<BufferPlan> plan_buffers(const std::vector<CacheLevel>& caches, int threads,
                                     std::int64_t most_bytes, bool can_flush) {
  constexpr std::int64_t kUnit = kernels::kReadUnit;
  const std::int64_t most = most_bytes / threads;
  const auto whole_units = [kUnit](std::int64_t bytes) { return std::max(kUnit, bytes / kUnit * kUnit); };
  std::vector<BufferPlan> plans;
  std::int64_t below = 0;  // a thread's part of the level below
  for (const CacheLevel& cache : caches) {
    const std::int64_t part = cache.capacity(threads) / threads;
    const std::int64_t wanted = below > 0 ? std::min(part / 2, 8 * below) : part / 2;
    BufferPlan plan;
    plan.level.name = fmt::format("L{}", cache.level);
    plan.level.bytes = static_cast<double>(cache.capacity(threads));
    plan.thread_bytes = whole_units(std::min(wanted, most));
    plan.level.separated = plan.thread_bytes >= 2 * below;
    plan.shared = cache.cores > 1 && threads > 1;
    plans.push_back(plan);
    below = part;
  }
  BufferPlan memory;
  memory.level.name = "DRAM";
  memory.thread_bytes = whole_units(most);
  memory.level.separated = can_flush || memory.thread_bytes >= 2 * below;
  memory.shared = threads > 1;
  memory.flush = can_flush;
  plans.push_back(memory);
  return plans;
}

namespace {

struct Free {
  void operator()(char* memory) const { std::free(memory); }
};
using Buffer = std::unique_ptr<char, Free>;

struct Burst {
  double start = 0, end = 0;
};

/// All threads read their buffers `rounds` times, beginning together.
std::vector<Burst> read_together(const std::vector<Buffer>& buffers, const BufferPlan& plan,
                                 std::int64_t rounds) {
  std::vector<Burst> bursts(buffers.size());
#pragma omp parallel num_threads(static_cast <int>(buffers.size()))
  {
    const auto me = static_cast<std::size_t>(omp_get_thread_num());
    const char* buffer = buffers[me].get();
    if (plan.flush) kernels::flush_from_caches(buffer, plan.thread_bytes);
#pragma omp barrier
    Burst burst;
    burst.start = steady_seconds();
    volatile std::uint64_t sink = kernels::read_xor(buffer, plan.thread_bytes, rounds);
    (void)sink;
    burst.end = steady_seconds();
    bursts[me] = burst;
  }
  // Fewer threads than asked for (a limit of the OpenMP runtime) leave bursts without times.
  std::erase_if(bursts, [](const Burst& burst) { return burst.end == 0; });
  return bursts;
}

/// The best of many bursts.
class Best {
 public:
  Best(std::size_t threads, bool shared) : each_(threads), shared_(shared) {}

  void consider(const std::vector<Burst>& bursts, double bytes) {
    double sum = 0, last_start = bursts.front().start, first_end = bursts.front().end;
    double shortest = first_end - last_start;
    for (std::size_t i = 0; i < bursts.size(); ++i) {
      const double took = std::max(bursts[i].end - bursts[i].start, 1e-9);
      each_[i] = std::max(each_[i], bytes / took);
      sum += bytes / took;
      last_start = std::max(last_start, bursts[i].start);
      first_end = std::min(first_end, bursts[i].end);
      shortest = std::min(shortest, took);
    }
    // Threads that read one after the other, since something else had a core, do not share what they share.
    if (first_end - last_start >= 0.5 * shortest) together_ = std::max(together_, sum);
  }

  double gb_s() const {
    // What each has to itself adds up, though other work may keep them from ever running at once; what they
    // share gives at least what one of them got.
    double sum = 0, alone = 0;
    for (const double rate : each_) sum += rate, alone = std::max(alone, rate);
    return (shared_ ? std::max(together_, alone) : sum) / 1e9;
  }

 private:
  std::vector<double> each_;  ///< Bytes a second of each thread by its own clock.
  double together_ = 0;       ///< Of all in one burst.
  bool shared_;
};

double measure_level(const BufferPlan& plan, int threads) {
  constexpr double kSeconds = 0.2, kBurst = 1e-3;
  constexpr std::size_t kPage = 4096;
  std::vector<Buffer> buffers;
  const auto bytes = static_cast<std::size_t>(plan.thread_bytes);
  for (int i = 0; i < threads; ++i) {
    buffers.emplace_back(static_cast<char*>(std::aligned_alloc(kPage, (bytes + kPage - 1) / kPage * kPage)));
    if (!buffers.back()) throw Failure("no memory for the buffers that measure bandwidth");
  }
#pragma omp parallel num_threads(threads)
  std::memset(buffers[static_cast<std::size_t>(omp_get_thread_num())].get(), 1, bytes);

  Best best(buffers.size(), plan.shared);
  std::int64_t rounds = 1;
  int done = 0;
  for (const double end = steady_seconds() + kSeconds; steady_seconds() < end || done < 3; ++done) {
    const double start = steady_seconds();
    best.consider(read_together(buffers, plan, rounds),
                  static_cast<double>(plan.thread_bytes) * static_cast<double>(rounds));
    if (steady_seconds() - start < kBurst && !plan.flush) rounds *= 2;
  }
  return best.gb_s();
}

}  // namespace

std::vector<MemoryLevel> measure_bandwidth(const std::vector<BufferPlan>& plans, int threads) {
  std::vector<MemoryLevel> levels;
  for (const BufferPlan& plan : plans) {
    levels.push_back(plan.level);
    levels.back().gb_s = measure_level(plan, threads);
  }
  // No cache is slower than what lies behind it: then other work disturbed all of its bursts.
  for (std::size_t i = levels.size(); i-- > 1;)
    levels[i - 1].gb_s = std::max(levels[i - 1].gb_s, levels[i].gb_s);
  return levels;
}

}  // namespace coppice
