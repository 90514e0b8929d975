#include "coppice/error.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "reproduce/experiment.h"

namespace coppice {

const std::vector<Experiment>& experiments() {
  static const std::vector<Experiment> all = {lth_lenet(), lth_conv(), renda_resnet20(), synflow()};
  return all;
}

const Experiment& find_experiment(const std::string& name) {
  std::vector<std::string> names;
  for (const Experiment& experiment : experiments()) {
    if (experiment.name == name) return experiment;
    names.push_back(experiment.name);
  }
  throw BadInput(fmt::format("reproduce: unknown experiment '{}'{} (known: {})", name,
                             did_you_mean(name, names), join(names, ", ")));
}

std::string dataset_for(const Experiment& experiment, const std::vector<DatasetPlace>& found) {
  const bool there = std::any_of(found.begin(), found.end(), [&](const DatasetPlace& place) {
    return place.dataset == experiment.dataset && !place.folder.empty();
  });
  return there ? experiment.dataset : kStandIn;
}

Config part_config(const Experiment& experiment, const Part& part, const std::string& dataset, bool quick,
                   std::int64_t replicates) {
  const std::string name = fmt::format("{}-{}{}", experiment.name, part.key, quick ? "-quick" : "");
  return parse_config(quick ? part.quick : part.full, name,
                      {"name=" + name, "data.dataset=" + dataset,
                       fmt::format("replicates={}", replicates > 0 ? replicates : experiment.replicates)});
}

}  // namespace coppice
