#include "ticket/dense.h"

#include "coppice/checkpoint.h"

#include "base/files.h"
#include "ticket/stable_grid.h"

namespace coppice {

Stint dense_training(const Session& session, std::int64_t replicate, const Masks& masks) {
  const ReplicatePaths paths = session.paths.replicate(replicate);
  make_folder(paths.folder);
  if (!std::filesystem::exists(paths.init())) {
    write_checkpoint(paths.init().string(), session.network, session.initial(session.seed(replicate)));
  }
  Stint stint;
  stint.replicate = replicate;
  stint.files = paths.level(0);
  stint.masks = masks;
  stint.start = [init = paths.init()] { return read_checkpoint(init.string()).tensors; };
  stint.last_step = session.plan.steps_per_level;
  if (!session.plan.rewind_open) {
    stint.snapshots.push_back({session.plan.rewind_step, paths.rewind()});
    return stint;
  }
  make_folder(paths.copies());
  for (const std::int64_t step : stable_grid(stint.last_step)) {
    if (step > 0) stint.snapshots.push_back({step, paths.snapshot(step), false});
  }
  return stint;
}

}  // namespace coppice
