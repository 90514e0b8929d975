#pragma once
#include "coppice/ticket.h"

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "reproduce/experiment.h"

namespace coppice {

struct ReproduceOptions {
  bool quick = false;
  std::int64_t replicates = 0;  ///< 0: the experiment's.
  SearchOptions search;
};

/// What came of one of its searches.
struct ReproducedRun {
  std::string key, folder;
  Ticket ticket;  ///< Level 0 where nothing was held out to choose by, or nothing matched.
};

/// What came of an experiment.
struct Reproduction {
  std::string experiment, dataset, original_dataset;
  bool quick = false;
  std::vector<ReproducedRun> runs;
  Measured measured;
  std::vector<Judgement> judgements;
  double time_s = 0;  ///< Of training, now and before.
};

/// Runs every search of the experiment, or goes on with what is there, and judges its lines. The observer
/// hears beforehand what will be done and how long it will take, and its time left is that of the whole.
/// Throws what find_ticket throws.
Reproduction reproduce(const Experiment& experiment, const ReproduceOptions& options);

/// Accuracies by density, measured beside published, and how many lines were reproduced.
std::string reproduction_text(const Reproduction& reproduction);
nlohmann::ordered_json to_json(const Reproduction& reproduction);

/// All experiments with paper, data set and number of searches, for --list.
std::string experiments_text();
nlohmann::ordered_json experiments_json();

}  // namespace coppice
