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

  std::vector<double> best_of_each(buffers.size());
  double best_together = 0;
  std::int64_t rounds = 1;
  int bursts_done = 0;
  for (const double end = steady_seconds() + kSeconds; steady_seconds() < end || bursts_done < 3;
       ++bursts_done) {
    const std::vector<Burst> bursts = read_together(buffers, plan, rounds);
    const double read = static_cast<double>(plan.thread_bytes) * static_cast<double>(rounds);
    double first = bursts.front().start, last = bursts.front().end, longest = 0;
    for (std::size_t i = 0; i < bursts.size(); ++i) {
      const double took = std::max(bursts[i].end - bursts[i].start, 1e-9);
      best_of_each[i] = std::max(best_of_each[i], read / took);
      first = std::min(first, bursts[i].start), last = std::max(last, bursts[i].end);
      longest = std::max(longest, took);
    }
    const double all = read * static_cast<double>(bursts.size());
    best_together = std::max(best_together, all / std::max(last - first, 1e-9));
    if (longest < kBurst && !plan.flush) rounds *= 2;
  }
  // What each has to itself adds up, though other work may keep them from ever running at once.
  double sum = 0;
  for (const double best : best_of_each) sum += best;
  return (plan.shared ? best_together : sum) / 1e9;
}

}  // namespace

std::vector<MemoryLevel> measure_bandwidth(const std::vector<BufferPlan>& plans, int threads) {
  std::vector<MemoryLevel> levels;
  for (const BufferPlan& plan : plans) {
    levels.push_back(plan.level);
    levels.back().gb_s = measure_level(plan, threads);
  }
  return levels;
}

}  // namespace coppice
