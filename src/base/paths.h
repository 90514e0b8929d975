#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

namespace coppice {

/// Every file name of a run, in one place.

struct LevelPaths {
  std::filesystem::path folder;
  std::filesystem::path mask() const { return folder / "mask.safetensors"; }
  std::filesystem::path model() const { return folder / "model.safetensors"; }
  std::filesystem::path metrics() const { return folder / "metrics.jsonl"; }
  std::filesystem::path record() const { return folder / "level.json"; }
  std::filesystem::path state() const { return folder / "state.safetensors"; }
  /// The weights that were scored, where that was not at the level's end.
  std::filesystem::path scored() const { return folder / "scored.safetensors"; }
  /// Of a copy: the networks between it and the one it was compared with.
  std::filesystem::path between() const { return folder / "path.json"; }
};

/// The branch of the early search's short runs; all others are controls.
inline constexpr const char* kScoutBranch = "early";

/// One replicate: the run's own folder for the first, replicate-NN/ in it for the others.
struct ReplicatePaths {
  std::filesystem::path folder;
  std::filesystem::path init() const { return folder / "init.safetensors"; }
  std::filesystem::path rewind() const { return folder / "rewind.safetensors"; }
  LevelPaths level(std::int64_t number) const;
  /// Where a control's levels are, or those of the early search's short run; "" is the search's own branch,
  /// this folder.
  ReplicatePaths branch(const std::string& name) const;
  /// Copies of the dense training under another batch order, from some of its steps on.
  std::filesystem::path copies() const { return folder / "stable"; }
  LevelPaths copy(std::int64_t step) const;
  std::filesystem::path snapshot(std::int64_t step) const;  ///< Where such a copy begins.
};

struct RunPaths {
  std::filesystem::path folder;
  std::filesystem::path config() const { return folder / "config.toml"; }
  std::filesystem::path run() const { return folder / "run.json"; }
  std::filesystem::path ticket() const { return folder / "ticket.json"; }
  std::filesystem::path curve() const { return folder / "curve.csv"; }
  std::filesystem::path picture() const { return folder / "curve.svg"; }
  std::filesystem::path stable() const { return folder / "stable.json"; }
  std::filesystem::path compare() const { return folder / "compare"; }
  std::filesystem::path connect() const { return folder / "connect"; }
  std::filesystem::path plans() const { return compare() / "plans"; }
  /// `suffix` tells comparisons of another kind apart: "-sparse" where sparse kernels were forced.
  std::filesystem::path comparison(const std::string& device, std::int64_t level,
                                   const std::string& suffix = "") const;
  std::filesystem::path lock() const { return folder / ".lock"; }
  ReplicatePaths replicate(std::int64_t number) const;  ///< From 1.
};

}  // namespace coppice
