#include "kernels/cuda/dispatch/choose.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "kernels/cuda/dispatch/order.h"
#include "kernels/luck.h"

namespace coppice::kernels {

namespace {

constexpr double kHopeless = 3;            // times slower at first glance than the fastest
constexpr double kClose = 1.5;             // so near that turns must decide
constexpr std::size_t kMostFinalists = 8;  // each has weights of its own on the device

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// A variant that may be the one.
struct Hopeful {
  std::unique_ptr<CudaRunner> runner;
  std::size_t place = 0;  ///< In the record.
  bool sparse = false;
  double seconds = 0;
};

class Search {
 public:
  Search(const CudaRequest& request, Trials& trials, const ChooseOptions& options)
      : request_(request), trials_(trials), options_(options), start_(now()) {}

  void ask(const CudaCandidate& candidate) {
    if (time_is_up() && !needed(candidate)) return absent(candidate, "not tried, the time was up");
    CudaOffer offer = offer_of(candidate, request_, options_.check_device);
    if (!offer.refusal.empty()) return absent(candidate, offer.refusal);
    if (!offer.complaint.empty()) return absent(candidate, offer.complaint);
    for (std::unique_ptr<CudaRunner>& runner : offer.runners) glance(candidate, std::move(runner));
  }

  CudaChoice choose() && {
    if (hopefuls_.empty()) throw CudaError("nothing runs this layer: " + reasons());
    measure(finalists());
    std::stable_sort(hopefuls_.begin(), hopefuls_.end(),
                     [](const Hopeful& a, const Hopeful& b) { return a.seconds < b.seconds; });
    Hopeful *best = &hopefuls_.front(), *dense = fastest_dense();
    if (dense && best->sparse && best->seconds > kLuck * dense->seconds) best = dense;
    for (const Hopeful& other : hopefuls_) {
      if (&other == best) continue;
      record_[other.place].why_not =
          other.seconds < best->seconds ? "not 3% faster than a dense kernel" : "slower than what was chosen";
    }
    return {std::move(best->runner), std::move(record_)};
  }

 private:
  double now() const { return options_.clock ? options_.clock() : steady_seconds(); }
  bool time_is_up() const { return now() - start_ > options_.seconds; }
  bool needed(const CudaCandidate& candidate) {
    return hopefuls_.empty() || (!candidate.sparse() && !fastest_dense());
  }

  void absent(const CudaCandidate& candidate, std::string why) {
    record_.push_back({candidate.name(), "", candidate.sparse(), {}, std::move(why)});
  }

  void glance(const CudaCandidate& candidate, std::unique_ptr<CudaRunner> runner) {
    record_.push_back({candidate.name(), runner->variant(), candidate.sparse(), {}, ""});
    CudaTried& tried = record_.back();
    tried.why_not = complaint_of(
        candidate.name(), [&] { tried.seconds = trials_.glance(*runner); }, options_.check_device);
    if (!tried.why_not.empty()) return;
    hopefuls_.push_back({std::move(runner), record_.size() - 1, candidate.sparse(), *tried.seconds});
    drop_hopeless();
  }

  Hopeful* fastest_dense() {
    Hopeful* dense = nullptr;
    for (Hopeful& one : hopefuls_) {
      if (!one.sparse && (!dense || one.seconds < dense->seconds)) dense = &one;
    }
    return dense;
  }
  double least() const {
    double least = std::numeric_limits<double>::infinity();
    for (const Hopeful& one : hopefuls_) least = std::min(least, one.seconds);
    return least;
  }

  /// Leaves out those that are slower, but for the fastest dense one: a sparse one has to be measured beside
  /// it.
  void drop_above(double seconds, const std::string& why) {
    const std::size_t kept = fastest_dense() ? fastest_dense()->place : record_.size();
    std::erase_if(hopefuls_, [&](const Hopeful& one) {
      if (one.place == kept || one.seconds <= seconds) return false;
      record_[one.place].why_not = why;
      return true;
    });
  }
  void drop_hopeless() {
    drop_above(kHopeless * least(), "much slower at first glance");
    if (hopefuls_.size() <= kMostFinalists) return;
    std::vector<double> seconds;
    for (const Hopeful& one : hopefuls_) seconds.push_back(one.seconds);
    std::nth_element(seconds.begin(), seconds.begin() + kMostFinalists - 1, seconds.end());
    drop_above(seconds[kMostFinalists - 1], "slower than eight others at first glance");
  }
  std::vector<CudaRunner*> finalists() {
    drop_above(kClose * least(), "slower at first glance");
    std::vector<CudaRunner*> runners;
    for (const Hopeful& one : hopefuls_) runners.push_back(one.runner.get());
    return runners;
  }
  void measure(const std::vector<CudaRunner*>& runners) {
    if (runners.size() < 2) return;
    const std::vector<double> seconds = trials_.seconds(runners);
    for (std::size_t i = 0; i < hopefuls_.size(); ++i)
      record_[hopefuls_[i].place].seconds = hopefuls_[i].seconds = seconds[i];
  }

  std::string reasons() const {
    if (record_.empty()) return "there are no candidates";
    std::string text;
    for (const CudaTried& one : record_) text += (text.empty() ? "" : "; ") + one.kernel + ": " + one.why_not;
    return text;
  }

  const CudaRequest& request_;
  Trials& trials_;
  const ChooseOptions& options_;
  double start_;
  std::vector<Hopeful> hopefuls_;
  std::vector<CudaTried> record_;
};

}  // namespace

const CudaTried& CudaChoice::chosen() const {
  return *std::find_if(tried.begin(), tried.end(), [](const CudaTried& one) { return one.why_not.empty(); });
}

CudaChoice choose_cuda_runner(const CudaRequest& request, const CudaCandidates& candidates, Trials& trials,
                              const ChooseOptions& options) {
  Search search(request, trials, options);
  for (const auto& candidate : likeliest_first(request, candidates)) search.ask(*candidate);
  return std::move(search).choose();
}

}  // namespace coppice::kernels
