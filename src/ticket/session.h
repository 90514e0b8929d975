#pragma once
#include "coppice/ticket.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/paths.h"
#include "ticket/stint.h"

namespace coppice {

/// What the phases of one search share, and the one way in which they train.
class Session {
 public:
  /// Throws BadInput where config, weights or device do not serve.
  Session(const Network& network, const Data& data, const Config& config, const SearchOptions& options);

  /// Makes the engine. Once the run's folder is open, which settles the number of threads.
  void open(const RunPaths& paths);

  /// Trains, or reads back what an earlier call with the same masks finished; accounts for the steps and
  /// tells the observer. Where the folder holds other masks, it and the levels after it begin anew.
  LevelRecord train(const Stint& stint);

  /// The same without training: for a finished level whose masks are known to be right.
  LevelRecord read_back(const LevelRecord& record);

  /// Steps of the plan that will never be trained.
  void skip(std::int64_t steps) { steps_accounted_ += steps; }

  std::uint64_t seed(std::int64_t replicate) const;
  Tensors initial(std::uint64_t seed) const;  ///< Parameters and buffers to begin with.
  void note(const std::string& text) const;
  void write_curve() const;  ///< curve.csv and curve.svg, from what result holds so far.

  const Network& network;
  const Data& data;
  const Config config;
  const SearchOptions& options;
  SearchPlan plan;
  Device device;
  RunPaths paths;
  SearchResult result;
  std::unique_ptr<Engine> engine;

 private:
  Engine& engine_for(const Stint& stint);
  void report(const Stint& stint, std::int64_t step, const Tally& tally,
              const std::optional<Evaluation>& last);

  std::unique_ptr<Engine> final_rate_engine_;
  struct {
    std::filesystem::path folder;
    std::int64_t step = -1;
  } mark_;  ///< The last report.
  std::int64_t steps_accounted_ =
      0;                      ///< Of the plan, finished stints only: trained now or before, or never to be.
  std::int64_t trained_ = 0;  ///< Steps between reports of this process, since `began_`.
  std::chrono::steady_clock::time_point began_;
};

}  // namespace coppice
