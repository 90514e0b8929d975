// Winning tickets of the small convolutional networks, against re-initialised controls.
#include <fmt/format.h>

#include "reproduce/experiment.h"

namespace coppice {

namespace {

struct Setting {
  const char *network, *length;
  double width, learning_rate, conv_fraction, fc_fraction, output_fraction;
  int levels;
};

/// Figure 2 of the paper.
std::string config(const Setting& setting) {
  return fmt::format(R"(
[data]
validation = 5000
[model]
name = "{}"
init = "glorot-normal"
width = {}
[train]
length = "{}"
batch = 60
optimizer = "adam"
learning_rate = {}
evaluate = "1000it"
[prune]
scope = "layer"
fraction = {}
levels = {}
[[prune.rule]]
match = "fc3"
fraction = {}
[[prune.rule]]
match = "fc*"
fraction = {}
[control]
reinit = true
)",
                     setting.network, setting.width, setting.length, setting.learning_rate,
                     setting.conv_fraction, setting.levels, setting.output_fraction, setting.fc_fraction);
}

}  // namespace

Experiment lth_conv() {
  Experiment lth;
  lth.name = "lth-conv";
  lth.title = "Winning tickets of Conv-2, -4 and -6, and re-initialised";
  lth.paper = "Frankle & Carbin 2019, The Lottery Ticket Hypothesis, section 3";
  lth.dataset = "cifar10";
  lth.quick_is =
      "a quarter of the width, 1,500 steps, and three prunings, each as deep as three of the paper's";
  // The levels end at 2% of the weights. Nine of the paper's prunings leave `nine`.
  const struct {
    Setting full;
    double conv_quick, best, gain, nine;
  } networks[] = {{{"conv-2", "20000it", 1, 0.0002, 0.1, 0.2, 0.1, 18}, 0.271, 0.110, 3.5, 0.137},
                  {{"conv-4", "25000it", 1, 0.0003, 0.1, 0.2, 0.1, 22}, 0.271, 0.077, 2.6, 0.162},
                  {{"conv-6", "30000it", 1, 0.0003, 0.15, 0.2, 0.1, 22}, 0.385875, 0.151, 3.5, 0.184}};
  for (const auto& [full, conv_quick, best, gain, nine] : networks) {
    const std::string ticket = full.network, reinit = ticket + "/reinit";
    const Setting quick{full.network, "1500it", 0.25, full.learning_rate, conv_quick, 0.488, 0.271, 3};
    lth.parts.push_back({ticket, ticket, config(full), config(quick)});
    for (const Claim& claim : std::vector<Claim>{Gain{ticket, best, gain, 1.0}, Within{ticket, 0, nine},
                                                 Within{ticket, 0, 0.02}, Above{ticket, reinit, nine}})
      lth.lines.push_back({claim, 'F'});
  }
  return lth;
}

}  // namespace coppice
