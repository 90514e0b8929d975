#include "kernels/cuda/libraries/search.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>
#include <utility>

#include "kernels/cuda/error.h"
#include "kernels/cuda/libraries/quick_time.h"

namespace coppice::kernels {

namespace {

constexpr double kHopeless = 3;  // times slower at first glance than the best

struct Timed {
  double seconds = 0;
  std::unique_ptr<LibraryRunner> runner;
  bool operator<(const Timed& other) const { return seconds < other.seconds; }
};

}  // namespace

std::vector<std::unique_ptr<LibraryRunner>> fastest_of(const std::vector<Attempt>& attempts, Trials& trials) {
  std::vector<Timed> best;  // few: each may hold a workspace of its own
  std::string refused;
  double best_glance = std::numeric_limits<double>::infinity();
  for (const Attempt& attempt : attempts) {
    try {
      Timed timed;
      timed.runner = attempt();
      const double glance = trials.glance(*timed.runner);
      best_glance = std::min(best_glance, glance);
      if (glance > kHopeless * best_glance) continue;
      timed.seconds = trials.seconds({timed.runner.get()}).front();
      best.push_back(std::move(timed));
    } catch (const CudaError& error) {
      if (refused.empty()) refused = error.what();
    }
    std::stable_sort(best.begin(), best.end());
    if (best.size() > 2 * kVariants) best.pop_back();
  }
  if (best.empty()) throw CudaError("no algorithm runs: " + (refused.empty() ? "none is offered" : refused));
  // The finalists once more, in turns: clocks change while a long list is gone through.
  std::vector<CudaRunner*> finalists;
  for (const Timed& timed : best) finalists.push_back(timed.runner.get());
  const std::vector<double> seconds = trials.seconds(finalists);
  for (std::size_t i = 0; i < best.size(); ++i) best[i].seconds = seconds[i];
  std::stable_sort(best.begin(), best.end());
  std::vector<std::unique_ptr<LibraryRunner>> runners;
  for (Timed& timed : best) {
    if (runners.size() < kVariants) runners.push_back(std::move(timed.runner));
  }
  return runners;
}

std::vector<std::unique_ptr<CudaRunner>> fastest(const CudaRequest& request,
                                                 const std::vector<Attempt>& attempts, SearchCounts counts) {
  const auto start = std::chrono::steady_clock::now();
  TrialGround ground(request);
  std::vector<std::unique_ptr<LibraryRunner>> found = fastest_of(attempts, ground);
  const std::chrono::duration<double> searched = std::chrono::steady_clock::now() - start;
  std::vector<std::unique_ptr<CudaRunner>> runners;
  for (auto& runner : found) {
    if (counts == SearchCounts::kYes) runner->add_preparation(searched.count());
    runners.push_back(std::move(runner));
  }
  return runners;
}

}  // namespace coppice::kernels
