#include "coppice/checkpoint.h"
#include "coppice/error.h"

#include <fmt/format.h>

#include "base/files.h"
#include "ticket/copies.h"
#include "ticket/dense.h"
#include "ticket/level_end.h"
#include "ticket/retrain.h"
#include "ticket/run_folder.h"
#include "ticket/stable_point.h"

namespace coppice {

namespace {

/// The level's own stint, but for other batches and another folder.
Stint copy_of(const Session& session, const LevelName& level, const Masks& masks, const RunPaths& folder) {
  Stint stint = *level.level == 0 ? dense_training(session, level.replicate, masks)
                                  : retraining(session, "", level.replicate, *level.level, masks);
  stint.branch = branch_of_copy(stint.first_step);
  stint.order = kOtherOrder + static_cast<std::uint64_t>(*level.level);
  stint.snapshots.clear();
  stint.files = folder.replicate(level.replicate).level(*level.level);
  return stint;
}

}  // namespace

Connection connect_again(const LevelName& name, const SearchOptions& search, const ConnectOptions& options) {
  if (!name.branch.empty())
    throw BadInput(
        fmt::format("only levels of the search itself are trained again, not control {}", name.branch));
  const LevelEnd end = read_end(name);
  const LevelName& level = end.named.name;
  const RunPaths run{level.run};
  const Config config = load_config(run.config().string());
  const Data data = load_data(config.data);
  // A folder with a lock and conditions of its own: the run may be going on meanwhile.
  SearchOptions again = search;
  again.runs = (run.connect() / "again").string();
  Session session(end.network, data, config, again);
  RunFolder folder(session.config, end.network, data, again, session.device);
  session.open(run);
  settle_rewind_point(session, false);
  if (session.plan.rewind_open && *level.level > 0)
    throw BadInput(fmt::format("{}: is missing, so the rewind point is not known", run.stable().string()));
  const Stint stint = copy_of(session, level, end.masks, folder.paths());
  session.plan.total_steps = stint.last_step - stint.first_step;
  Connection connection{end.named, end.named, "same", {}};
  connection.b.again = true;
  folder.record([&] {
    make_folder(stint.files.folder.parent_path());
    const LevelRecord record = session.train(stint);
    connection.cost = Expense{record.steps, record.time_s, record.energy};
    connection.path = walk_between(end.network, config.train, data, end.tensors,
                                   read_checkpoint(stint.files.model().string()).tensors, end.masks, options,
                                   session.device);
    return "";
  });
  return connection;
}

}  // namespace coppice
