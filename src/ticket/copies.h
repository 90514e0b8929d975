#pragma once
#include "coppice/connect.h"

#include <nlohmann/json.hpp>

#include "ticket/session.h"

namespace coppice {

/// Batch orders of levels are their numbers; from this on none is one.
constexpr std::uint64_t kOtherOrder = std::uint64_t{1} << 32;

std::string branch_of_copy(std::int64_t first_step);  ///< As LevelRecord::branch: "stable-000500".

/// Copies of a replicate's finished dense training that part from it at some steps: each is trained to the
/// end under another batch order (and augmentation and dropout, where there are), and compared with it along
/// the straight line between both. What was done before is read back, so an interrupted comparison goes on.
///
/// The dense training itself is one of the two copies of Frankle et al. 2020, which costs nothing more; the
/// other begins with an optimiser's state of zero, as all rewinding does.
class Copies {
 public:
  /// Evaluates paths on at most `examples` examples (0: all) of each of the `splits`; those of an empty
  /// split are left out. `session` must be open.
  Copies(Session& session, std::int64_t replicate, const std::vector<Split>& splits, std::int64_t examples);
  ~Copies();

  Parting at(std::int64_t step);

  /// The file from which the copy of a step begins: the snapshot that the dense training took. Where it is
  /// not there, the dense training's first steps are taken again, which gives the same bits.
  std::filesystem::path beginning(std::int64_t step);

 private:
  LevelRecord train(std::int64_t step);
  std::filesystem::path beginning(std::int64_t step, std::vector<LevelRecord>& spent);
  bool served(const LinearPath& path) const;

  Session& session_;
  const std::int64_t replicate_;
  const ReplicatePaths paths_;
  const Masks masks_;
  std::vector<Split> splits_;
  const Data data_;  ///< The examples looked at.
  std::unique_ptr<Engine> engine_;
};

/// One line about a copy, for people.
std::string told(const Parting& parting);

/// {"replicate", "step", "epoch", "barrier_pp", "connected", "cost": {"steps", "time_s", "energy"}, "path"}.
nlohmann::ordered_json to_json(const Parting& parting);
/// Throws nlohmann's exceptions where it is not that.
Parting parting_from_json(const nlohmann::ordered_json& json);

}  // namespace coppice
