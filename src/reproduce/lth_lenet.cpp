// Winning tickets of LeNet-300-100 against re-initialised and shuffled controls.
#include <fmt/format.h>

#include "reproduce/experiment.h"

namespace coppice {

/// Appendix B and figure 3 of the paper; the output layer is pruned at about half the rate of the others.
static std::string config(const char* length, double fraction, double output_fraction, int levels) {
  return fmt::format(R"(
[data]
validation = 5000
[model]
name = "lenet-300-100"
init = "glorot-normal"
[train]
length = "{}"
batch = 60
optimizer = "adam"
learning_rate = 0.0012
evaluate = "1000it"
[prune]
scope = "layer"
fraction = {}
levels = {}
[[prune.rule]]
match = "fc3"
fraction = {}
[control]
reinit = true
shuffle = true
)",
                     length, fraction, levels, output_fraction);
}

Experiment lth_lenet() {
  Experiment lth;
  lth.name = "lth-lenet";
  lth.title = "Winning tickets of LeNet-300-100, re-initialised and shuffled";
  lth.paper = "Frankle & Carbin 2019, The Lottery Ticket Hypothesis, section 2";
  lth.dataset = "mnist";
  lth.quick_is = "4,000 steps instead of 50,000, and five prunings, each as deep as three of the paper's";
  // Three prunings of 20% leave 51.2%, of 10% 72.9%: the quick levels are every third of the full ones.
  lth.parts = {{"lenet", "lenet", config("50000it", 0.2, 0.1, 15), config("4000it", 0.488, 0.271, 5)}};
  const std::string ticket = "lenet", reinit = "lenet/reinit", shuffle = "lenet/shuffle";
  lth.lines = {
      {Gain{ticket, 0.17, 0.4, 0.3}, 'F'},  {Parts{reinit, 0.263}, 'F'},
      {Within{ticket, 0.2, 0.135}, 'F'},    {Within{ticket, 0.2, 0.035}, 'F'},
      {PartsFirst{reinit, ticket}, 'F'},    {Above{ticket, reinit, 0.135}, 'F'},
      {Above{ticket, reinit, 0.035}, 'F'},  {Above{ticket, shuffle, 0.135}, 'M'},
      {Above{ticket, shuffle, 0.035}, 'M'},
  };
  return lth;
}

}  // namespace coppice
