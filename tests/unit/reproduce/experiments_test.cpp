// The declarations: that their configs are configs, and that their lines speak of what they run.
#include "coppice/error.h"
#include "coppice/ticket.h"

#include <algorithm>
#include <map>
#include <set>

#include "gtest/gtest.h"
#include "reproduce/experiment.h"
#include "reproduce/reproduce.h"

namespace coppice {
namespace {

/// Images of the data set's shape, without the data set.
Data shaped_like(const std::string& dataset, const DataConfig& config) {
  DataConfig synthetic;
  synthetic.dataset = "synthetic";
  const bool cifar = dataset.starts_with("cifar");
  const std::int64_t side = config.resolution > 0 ? config.resolution : cifar ? 32 : 28;
  synthetic.synthetic_shape = {cifar ? 3 : 1, side, side};
  synthetic.synthetic_classes = dataset == "cifar100" ? 100 : 10;
  synthetic.synthetic_examples = 300;
  synthetic.validation = config.validation > 0 ? 20 : 0;
  return load_data(synthetic);
}

/// The densities of a search's levels, in order.
std::vector<double> densities(Config config, const std::string& dataset) {
  config.name = "any";
  config.prune.criterion = "magnitude";  // has no part in how many weights stay
  config.train.length = {1, 0};          // the stand-in's epochs are too short for rewind points
  config.train.milestones = {};
  config.train.schedule = "constant";
  config.retrain.rewind_to = {};
  static std::map<std::string, std::vector<double>> known;  // large networks take a second
  std::vector<double>& out = known[dataset + dump_config(config)];
  if (!out.empty()) return out;
  const Data data = shaped_like(dataset, config.data);
  const SearchPlan plan = plan_search(network_from_config(config.model, data), data, config);
  for (const std::int64_t kept : plan.kept)
    out.push_back(static_cast<double>(kept) / static_cast<double>(plan.kept[0]));
  return out;
}

/// The curves that an experiment measures, controls included, with their densities.
std::map<std::string, std::set<double>> curves(const Experiment& experiment, const std::string& dataset,
                                               bool quick) {
  std::map<std::string, std::set<double>> out;
  for (const Part& part : experiment.parts) {
    if (quick && part.quick.empty()) continue;
    const Config config = part_config(experiment, part, dataset, quick, 0);
    std::vector<std::string> names = {part.curve};
    if (config.control.reinit) names.push_back(part.curve + "/reinit");
    if (config.control.shuffle) names.push_back(part.curve + "/shuffle");
    const std::vector<double> levels = densities(config, dataset);
    for (const std::string& name : names) out[name].insert(levels.begin() + 1, levels.end());
  }
  return out;
}

struct Asked {
  std::string curve;
  double density = 0;  ///< 0: any.
};
std::vector<Asked> asked(const Claim& claim) {
  struct {
    std::vector<Asked> operator()(const Accuracy& c) const { return {{c.curve, c.density}}; }
    std::vector<Asked> operator()(const Gain& c) const { return {{c.curve, c.density}}; }
    std::vector<Asked> operator()(const Parts& c) const { return {{c.curve}}; }
    std::vector<Asked> operator()(const Above& c) const {
      return {{c.upper, c.density}, {c.lower, c.density}};
    }
    std::vector<Asked> operator()(const Within& c) const { return {{c.curve, c.down_to}}; }
    std::vector<Asked> operator()(const PartsFirst& c) const { return {{c.first}, {c.later}}; }
  } names;
  return std::visit(names, claim);
}

bool measures(const std::map<std::string, std::set<double>>& all, const Asked& one) {
  const auto found = all.find(one.curve);
  if (found == all.end()) return false;
  MeasuredCurve curve;
  for (const double density : found->second) curve.points.push_back({density, {}});
  return one.density == 0 || point_at(curve, one.density);
}

TEST(Experiments, FullOnesMeasureEverythingThatTheirLinesAskFor) {
  for (const Experiment& experiment : experiments()) {
    for (const std::string& dataset : {experiment.dataset, std::string(kStandIn)}) {
      const auto all = curves(experiment, dataset, false);
      for (const Line& line : experiment.lines) {
        for (const Asked& one : asked(line.claim))
          EXPECT_TRUE(measures(all, one))
              << experiment.name << " " << dataset << ": " << one.curve << " at " << one.density;
      }
    }
  }
}

TEST(Experiments, QuickOnesDecideMostOfTheShape) {
  for (const Experiment& experiment : experiments()) {
    const auto all = curves(experiment, kStandIn, true);
    int shape = 0, measured = 0;
    for (const Line& line : experiment.lines) {
      if (!is_shape(line.claim)) continue;
      ++shape;
      const std::vector<Asked> wanted = asked(line.claim);
      measured +=
          std::all_of(wanted.begin(), wanted.end(), [&](const Asked& one) { return measures(all, one); });
    }
    EXPECT_GE(shape, 5) << experiment.name;
    EXPECT_GE(3 * measured, 2 * shape) << experiment.name;
  }
}

TEST(Experiments, PartsAreRunsOfTheirOwn) {
  for (const Experiment& experiment : experiments()) {
    std::set<std::string> names;
    for (const Part& part : experiment.parts) {
      for (const bool quick : {false, true}) {
        if (quick && part.quick.empty()) continue;
        const Config config = part_config(experiment, part, kStandIn, quick, 0);
        EXPECT_TRUE(names.insert(config.name).second) << config.name;
        EXPECT_GE(config.replicates, kVerdictReplicates);
        EXPECT_EQ(config.data.dataset, kStandIn);
      }
    }
    EXPECT_EQ(part_config(experiment, experiment.parts[0], kStandIn, false, 7).replicates, 7);
  }
}

TEST(Experiments, RunOnTheirOwnDataWhereItIsThere) {
  const Experiment& lenet = find_experiment("lth-lenet");
  EXPECT_EQ(dataset_for(lenet, {{"mnist", "/data/mnist", ""}, {"fashion-mnist", "/data/f", ""}}), "mnist");
  EXPECT_EQ(dataset_for(lenet, {{"mnist", "", "get it"}, {"fashion-mnist", "/data/f", ""}}), "fashion-mnist");
}

TEST(Experiments, AnUnknownNameIsToldWithTheNearest) {
  try {
    find_experiment("lth-lent");
    FAIL();
  } catch (const BadInput& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'lth-lenet'?"), std::string::npos) << error.what();
  }
}

TEST(Reproduction, IsPrintedWithItsDataAndItsCount) {
  Reproduction reproduction;
  reproduction.experiment = "lth-lenet";
  reproduction.original_dataset = "mnist";
  reproduction.dataset = "fashion-mnist";
  reproduction.quick = true;
  reproduction.runs = {{"lenet", "runs/x", {}}};
  reproduction.runs[0].ticket.level = 4;
  reproduction.runs[0].ticket.verdict = "winning";
  reproduction.runs[0].ticket.why = "because";
  reproduction.measured["lenet"] = {{90}, {{0.5, {91}}}};
  reproduction.judgements = {{"a above b", 'M', "yes", "+1.00 pp", "undecided", "needs more"}};
  const std::string text = reproduction_text(reproduction);
  for (const char* part : {"on fashion-mnist, --quick", "instead of mnist: figures are not compared", "[M]",
                           "undecided: needs more", "0 of 1 lines reproduced, 0 not, 1 undecided", "runs/x",
                           "of lenet is level 4, and the verdict on it winning: because."})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  const auto json = to_json(reproduction);
  EXPECT_EQ(json.at("lines").at(0).at("verdict"), "undecided");
  EXPECT_EQ(json.at("runs").at(0).at("ticket").at("verdict"), "winning");
  EXPECT_EQ(json.at("curves").at(0).at("points").at(0).at("density_prunable"), 0.5);
  reproduction.dataset = "mnist";
  EXPECT_EQ(reproduction_text(reproduction).find("instead of mnist"), std::string::npos);
}

}  // namespace
}  // namespace coppice
