#pragma once
#include "coppice/config.h"
#include "coppice/data.h"

#include <string>
#include <vector>

#include "reproduce/claim.h"

namespace coppice {

/// One search of an experiment.
struct Part {
  std::string key;    ///< Names its folder.
  std::string curve;  ///< In Measured; several parts may give points of one.
  std::string full;   ///< Config as the paper has it (TOML, without name and data set).
  std::string quick;  ///< Shorter; empty: left out of --quick.
};

/// An experiment of the literature: what to run, and what must come of it.
struct Experiment {
  std::string name, title, paper;
  std::string dataset;   ///< The original one.
  std::string quick_is;  ///< How --quick differs.
  std::int64_t replicates = 3;
  std::vector<Part> parts;
  std::vector<Line> lines;
};

/// All experiments. A new one is a file with its declaration and a line in experiments.cpp.
const std::vector<Experiment>& experiments();
Experiment lth_lenet();
Experiment lth_conv();
Experiment renda_resnet20();
Experiment synflow();

/// Throws BadInput naming the nearest.
const Experiment& find_experiment(const std::string& name);

/// What stands in for a data set that is not on the machine.
constexpr const char* kStandIn = "fashion-mnist";

/// The experiment's own data set if it was found, else the stand-in.
std::string dataset_for(const Experiment& experiment, const std::vector<DatasetPlace>& found);

/// The config of a part, complete. `replicates` 0: the experiment's. Throws BadInput where the declaration is
/// no valid config.
Config part_config(const Experiment& experiment, const Part& part, const std::string& dataset, bool quick,
                   std::int64_t replicates);

}  // namespace coppice
