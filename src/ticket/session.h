#pragma once
#include "coppice/ticket.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/paths.h"

namespace coppice {

/// Parameters and buffers as they stand before an update, to be kept in a file.
struct Snapshot {
  std::int64_t step = 0;
  std::filesystem::path file;
};

/// One piece of a search's training: which steps, in which folder, from what, under which masks. The search's
/// levels, its controls and the copies that its signals train are all of this kind.
struct Stint {
  std::string branch;  ///< As LevelRecord::branch.
  std::int64_t replicate = 1, level = 0;
  LevelPaths files;
  Masks masks;
  std::function<Tensors()> start;              ///< Called where training begins, not where it resumes.
  std::int64_t first_step = 0, last_step = 1;  ///< Trains [first_step, last_step).
  std::uint64_t order = 0;                     ///< Batch order and augmentation; a level's is its number.
  bool final_rate = false;                     ///< At the last step's learning rate throughout.
  std::vector<Snapshot> snapshots{};           ///< Taken on the way, in order of steps.
  /// Asked after each evaluation: has this training served its purpose? Must depend on its arguments alone,
  /// so that a resumed run decides alike. None: trains to last_step.
  std::function<bool(const std::vector<Evaluation>&, const Tensors& weights)> settled = {};
};

/// What the phases of one search share, and the one way in which they train.
class Session {
 public:
  /// Throws BadInput where config, weights or device do not serve.
  Session(const Network& network, const Data& data, const Config& config, const SearchOptions& options);
  ~Session();

  /// Trains, or reads back what an earlier call with the same masks finished; accounts for the steps and
  /// tells the observer. Where the folder holds other masks, it and the levels after it begin anew.
  LevelRecord train(const Stint& stint);

  std::uint64_t seed(std::int64_t replicate) const;
  Tensors initial(std::uint64_t seed) const;  ///< Parameters and buffers to begin with.
  void note(const std::string& text) const;

  const Network& network;
  const Data& data;
  const Config config;
  const SearchOptions& options;
  SearchPlan plan;
  Device device;
  RunPaths paths;  ///< Once the folder is open.
  SearchResult result;
  std::unique_ptr<Engine> engine;

 private:
  void report(const Stint& stint, std::int64_t step, const Tally& tally,
              const std::optional<Evaluation>& last);

  struct Mark {
    const LevelPaths* files = nullptr;
    std::int64_t step = -1;
  } mark_;                            ///< The last report.
  std::int64_t steps_accounted_ = 0;  ///< Of the plan: trained now or before, or never to be.
  std::int64_t trained_ = 0;          ///< Steps between reports of this process, since `began_`.
  std::chrono::steady_clock::time_point began_;
};

}  // namespace coppice
