#include "ticket/copies.h"

#include "coppice/checkpoint.h"

#include <fmt/format.h>

#include "base/files.h"
#include "base/text.h"
#include "data/excerpt.h"
#include "measure/energy.h"
#include "ticket/cost.h"
#include "ticket/dense.h"
#include "ticket/path_json.h"
#include "ticket/record.h"

namespace coppice {

namespace fs = std::filesystem;

std::string branch_of_copy(std::int64_t first_step) { return fmt::format("stable-{:06}", first_step); }

Copies::Copies(Session& session, std::int64_t replicate, const std::vector<Split>& splits,
               std::int64_t examples)
    : session_(session),
      replicate_(replicate),
      paths_(session.paths.replicate(replicate)),
      masks_(full_masks(session.network, session.config.prune.exclude)),
      data_(data::excerpt(session.data, examples)),
      engine_(make_engine(session.network, data_, session.config.train, session.device)) {
  for (const Split split : splits) {
    if (data_.count(split) > 0) splits_.push_back(split);
  }
}

Copies::~Copies() = default;

Parting Copies::at(std::int64_t step) {
  const LevelPaths files = paths_.copy(step);
  if (fs::exists(files.between())) {
    const Parting before = reading(files.between(), parting_from_json);
    if (served(before.path)) {
      session_.skip(before.steps);
      return before;
    }
  }
  Parting parting;
  parting.replicate = replicate_;
  parting.step = step;
  parting.epoch = static_cast<double>(step) / static_cast<double>(session_.plan.steps_per_epoch);
  std::vector<LevelRecord> records;
  if (!fs::exists(files.record()) && !fs::exists(files.state())) beginning(step, records);
  records.push_back(train(step));
  Cost cost(session_.device.type, "/");
  cost.start();
  parting.path = walk_path(*engine_, read_checkpoint(paths_.level(0).model().string()).tensors,
                           read_checkpoint(files.model().string()).tensors, masks_, splits_, kPathPoints,
                           [&](int, int) { cost.sample(); });
  parting.time_s = cost.time_s();
  std::vector<Energy> energy = {cost.energy(session_.config.energy.assume_watts)};
  for (const LevelRecord& record : records) {
    parting.steps += record.steps;
    parting.time_s += record.time_s;
    energy.push_back(record.energy);
  }
  parting.energy = total_energy(energy);
  write_file_atomically(files.between(), to_json(parting).dump(2) + "\n");
  return parting;
}

fs::path Copies::beginning(std::int64_t step) {
  std::vector<LevelRecord> records;
  return beginning(step, records);
}

fs::path Copies::beginning(std::int64_t step, std::vector<LevelRecord>& records) {
  if (step == 0) return paths_.init();
  const fs::path file = paths_.snapshot(step);
  if (fs::exists(file)) return file;
  Stint stint = dense_training(session_, replicate_, masks_);
  stint.branch = branch_of_copy(step);
  stint.files = {paths_.copies() / fmt::format("again-{:06}", step)};
  stint.last_step = step;
  stint.snapshots = {{step, file, false}};
  make_folder(paths_.copies());
  records.push_back(session_.train(stint));
  remove_path(stint.files.folder);
  return file;
}

LevelRecord Copies::train(std::int64_t step) {
  Stint stint;
  stint.branch = branch_of_copy(step);
  stint.replicate = replicate_;
  stint.files = paths_.copy(step);
  stint.masks = masks_;
  stint.first_step = step;
  stint.last_step = session_.plan.steps_per_level;
  stint.order = kOtherOrder;
  stint.start = [this, step] { return read_checkpoint(beginning(step).string()).tensors; };
  return session_.train(stint);
}

/// Whether the path was evaluated on the same splits and examples as it would be now.
bool Copies::served(const LinearPath& path) const {
  if (path.splits.size() != splits_.size()) return false;
  for (const PathSplit& part : path.splits) {
    if (part.along.empty() || part.along.front().examples != data_.count(part.split)) return false;
  }
  return true;
}

std::string told(const Parting& parting) {
  const PathSplit& split = deciding(parting.path);
  return fmt::format("parting at step {}: error barrier {:.2f} pp on {} {} examples: {}", parting.step,
                     split.error_barrier_pp(), grouped(split.along.front().examples), split_name(split.split),
                     connected(parting.path) ? "stable" : "not stable");
}

Json to_json(const Parting& parting) {
  return {
      {"replicate", parting.replicate},
      {"step", parting.step},
      {"epoch", parting.epoch},
      {"barrier_pp", deciding(parting.path).error_barrier_pp()},
      {"connected", connected(parting.path)},
      {"cost", {{"steps", parting.steps}, {"time_s", parting.time_s}, {"energy", to_json(parting.energy)}}},
      {"path", to_json(parting.path)}};
}

Parting parting_from_json(const Json& json) {
  Parting parting;
  parting.replicate = json.at("replicate").get<std::int64_t>();
  parting.step = json.at("step").get<std::int64_t>();
  parting.epoch = json.at("epoch").get<double>();
  parting.steps = json.at("cost").at("steps").get<std::int64_t>();
  parting.time_s = json.at("cost").at("time_s").get<double>();
  parting.energy = energy_from_json(json.at("cost").at("energy"));
  parting.path = path_from_json(json.at("path"));
  return parting;
}

}  // namespace coppice
