// One level: train, evaluate, save on the way, finish. A level is finished when level.json exists; everything
// else in the folder was written before it. Killed at any point, the same call goes on from state.safetensors
// and ends in the same bytes, because the engine's results depend on (weights, optimiser state, step) alone.
#include "ticket/level.h"

#include "coppice/checkpoint.h"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>

#include "base/files.h"
#include "base/interrupt.h"
#include "base/sha256.h"
#include "measure/clock.h"
#include "ticket/cost.h"
#include "ticket/record.h"

namespace coppice {

namespace fs = std::filesystem;

namespace {

/// Training in progress: what state.safetensors holds besides tensors.
struct State {
  std::int64_t step = 0;
  Tally tally;  ///< Since the last evaluation.
};

class LevelTraining {
 public:
  explicit LevelTraining(const LevelTask& task)
      : task_(task), stint_(task.stint), files_(task.stint.files), cost_(task.device, task.counters) {}

  LevelRecord run() {
    make_folder(files_.folder);
    write_masks(files_.mask().string(), stint_.masks);
    if (!resume()) begin();
    saved_wall_ = steady_seconds();
    cost_.start();
    while (state_.step < stint_.last_step && !settled_) {
      advance();
      if (interrupted()) {
        save();
        throw Interrupted("interrupted: saved; the same command goes on from here");
      }
    }
    // Nothing left to train (rewound to the very end, or killed between training and evaluation).
    if (evaluations_.empty() || evaluations_.back().step != state_.step) evaluate();
    return finish();
  }

 private:
  std::int64_t evaluate_every() const {
    if (stint_.evaluate_every > 0) return stint_.evaluate_every;
    return std::max<std::int64_t>(1, task_.config.train.evaluate.in_steps(task_.steps_per_epoch));
  }

  /// The next step at which something other than training happens.
  std::int64_t next_stop() const {
    const std::int64_t step = state_.step, every = evaluate_every(), epoch = task_.steps_per_epoch;
    std::int64_t stop =
        std::min({stint_.last_step, (step / every + 1) * every, (step / epoch + 1) * epoch, step + chunk_});
    for (const Snapshot& snapshot : stint_.snapshots) {
      if (snapshot.step > step) stop = std::min(stop, snapshot.step);
    }
    return stop;
  }

  void advance() {
    take_snapshots();
    const double before = steady_seconds();
    const std::int64_t stop = next_stop();
    state_.tally += task_.engine.train(state_.step, stop);
    // Pieces of about 0.2 s keep progress and Ctrl-C prompt; how training is cut does not change its bits.
    const double per_step = (steady_seconds() - before) / static_cast<double>(stop - state_.step);
    chunk_ = std::clamp<std::int64_t>(static_cast<std::int64_t>(0.2 / std::max(per_step, 1e-6)), 1, 100000);
    state_.step = stop;
    cost_.sample();
    if (stop == stint_.last_step || stop % evaluate_every() == 0) evaluate();
    if (stop == stint_.last_step) return;
    const double now = steady_seconds();
    if (stop % task_.steps_per_epoch == 0) {
      // Now, where the next epoch's end would come too late: a kill loses at most one epoch or this long.
      const double epoch_s = now - epoch_wall_;
      epoch_wall_ = now;
      if (now - saved_wall_ + epoch_s > task_.options.save_interval_s) save();
    }
    if (task_.progress) {
      task_.progress(stop, state_.tally,
                     evaluations_.empty() ? std::nullopt : std::optional(evaluations_.back()));
    }
  }

  void take_snapshots() {
    for (const Snapshot& snapshot : stint_.snapshots) {
      if (snapshot.step != state_.step) continue;
      write_checkpoint(snapshot.file.string(), task_.network, task_.engine.weights(),
                       {{"step", std::to_string(snapshot.step)}});
    }
  }

  void evaluate() {
    Evaluation evaluation;
    evaluation.step = state_.step;
    evaluation.epoch = static_cast<double>(state_.step) / static_cast<double>(task_.steps_per_epoch);
    evaluation.train = state_.tally;
    if (task_.data.count(Split::kValidation) > 0)
      evaluation.validation = task_.engine.evaluate(Split::kValidation);
    evaluation.test = task_.engine.evaluate(Split::kTest);
    state_.tally = {};
    evaluations_.push_back(evaluation);
    std::ofstream file(files_.metrics(), std::ios::app);
    file << to_json(evaluation).dump() << '\n';
    file.flush();
    if (!file)
      throw Failure(
          fmt::format("{}: writing failed (disk full?); free some space and run the same command again",
                      files_.metrics().string()));
    if (task_.progress) task_.progress(state_.step, state_.tally, evaluation);
    ask_whether_settled();
  }

  void ask_whether_settled() {
    if (!stint_.settled || evaluations_.empty() || evaluations_.back().step != state_.step) return;
    settled_ = stint_.settled(evaluations_, task_.engine.weights());
  }

  void save() {
    Tensors tensors;
    for (auto& [name, tensor] : task_.engine.weights()) tensors["weights/" + name] = tensor;
    for (auto& [name, tensor] : task_.engine.optimizer_state()) tensors["optimizer/" + name] = tensor;
    Json json = {{"step", state_.step},
                 {"examples", state_.tally.examples},
                 {"loss_sum", state_.tally.loss_sum},
                 {"correct", state_.tally.correct}};
    json.update(cost_.to_json());
    write_safetensors(files_.state().string(), tensors, {{"state", json.dump()}});
    saved_wall_ = steady_seconds();
  }

  void begin() {
    task_.engine.load(stint_.start(), stint_.masks, task_.seed, stint_.order);
    state_.step = stint_.first_step;
    write_file_atomically(files_.metrics(), "");
  }

  /// Goes back to the last saved state; false where there is none.
  bool resume() {
    if (!fs::exists(files_.state())) return false;
    try {
      go_back_to(read_safetensors(files_.state().string()));
    } catch (const std::logic_error& error) {  // a missing metadata key
      refuse_state(error.what());
    } catch (const nlohmann::json::exception& error) {
      refuse_state(error.what());
    }
    return true;
  }

  [[noreturn]] void refuse_state(const char* why) const {
    throw BadInput(
        fmt::format("{}: not as Coppice writes it ({}); remove it to train this level from its beginning",
                    files_.state().string(), why));
  }

  void go_back_to(const SafetensorsFile& file) {
    Tensors weights, optimizer;
    for (const auto& [name, tensor] : file.tensors) {
      if (name.starts_with("weights/")) weights[name.substr(8)] = tensor;
      if (name.starts_with("optimizer/")) optimizer[name.substr(10)] = tensor;
    }
    const Json json = Json::parse(file.metadata.at("state"));
    state_ = {json.at("step").get<std::int64_t>(),
              {json.at("examples").get<std::int64_t>(), json.at("loss_sum").get<double>(),
               json.at("correct").get<std::int64_t>()}};
    cost_.add(json);
    task_.engine.load(weights, stint_.masks, task_.seed, stint_.order);
    task_.engine.set_optimizer_state(optimizer);
    evaluations_ = read_metrics(files_.metrics(), state_.step);
    std::string lines;
    for (const Evaluation& evaluation : evaluations_) lines += to_json(evaluation).dump() + "\n";
    write_file_atomically(files_.metrics(), lines);
    ask_whether_settled();
  }

  LevelRecord finish() {
    take_snapshots();
    write_checkpoint(files_.model().string(), task_.network, task_.engine.weights());
    LevelRecord record;
    record.branch = stint_.branch;
    record.replicate = stint_.replicate;
    record.level = stint_.level;
    record.masks = stint_.masks;
    record.density = density(task_.network, stint_.masks);
    record.final = evaluations_.back();
    record.early_stop = record.final;
    for (const Evaluation& evaluation : evaluations_) {
      if (evaluation.validation && evaluation.validation->loss() < record.early_stop.validation->loss()) {
        record.early_stop = evaluation;
      }
    }
    record.steps = state_.step - stint_.first_step;
    record.epochs = static_cast<double>(record.steps) / static_cast<double>(task_.steps_per_epoch);
    record.time_s = cost_.time_s();
    record.busy = busy_fraction(cost_.cpu_s(), record.time_s, task_.threads);
    record.energy = cost_.energy(task_.config.energy.assume_watts);
    std::map<std::string, std::string> sha256;
    for (const std::string& name : vouched_files(stint_.branch, stint_.level))
      sha256[name] = sha256_of_file(files_.folder / name);
    for (const Snapshot& snapshot : stint_.snapshots) {
      if (!snapshot.vouched) continue;
      sha256[fs::relative(snapshot.file, files_.folder).string()] = sha256_of_file(snapshot.file);
    }
    write_file_atomically(files_.record(), to_json(record, task_.network, sha256).dump(2) + "\n");
    remove_path(files_.state());
    return record;
  }

  const LevelTask& task_;
  const Stint& stint_;
  const LevelPaths& files_;
  State state_;
  bool settled_ = false;
  std::vector<Evaluation> evaluations_;
  std::int64_t chunk_ = 8;
  Cost cost_;
  double saved_wall_ = 0, epoch_wall_ = steady_seconds();
};

}  // namespace

LevelRecord train_level(const LevelTask& task) { return LevelTraining(task).run(); }

}  // namespace coppice
