// Five ways of going on after pruning: ResNet-20.
#include <fmt/format.h>

#include "reproduce/experiment.h"

namespace coppice {

namespace {

struct Setting {
  const char *mode, *rewind_to;
  const char* method = "iterative";
  int levels;
};

/// Table 2 and section 3 of the paper: 182 epochs that hold nothing out, 71,108 steps.
std::string full(const Setting& setting) {
  return fmt::format(R"(
[data]
validation = 0
augment = "flip-crop"
[model]
name = "resnet-20"
[train]
length = "71108it"
batch = 128
learning_rate = 0.1
momentum = 0.9
weight_decay = 0.0002
schedule = "step"
milestones = ["91ep", "136ep"]
[prune]
fraction = 0.2
levels = {}
[retrain]
mode = "{}"
rewind_to = "{}"
[search]
method = "{}"
)",
                     setting.levels, setting.mode, setting.rewind_to, setting.method);
}

/// A fifth of the images, at half their size, for six epochs; each pruning is three of the paper's.
std::string quick(const Setting& setting) {
  return fmt::format(R"(
[data]
validation = 0
subset = 0.2
resolution = 14
[model]
name = "resnet-20"
[train]
length = "6ep"
batch = 128
learning_rate = 0.1
momentum = 0.9
weight_decay = 0.0002
schedule = "step"
milestones = ["3ep", "5ep"]
[prune]
fraction = 0.488
levels = {}
[retrain]
mode = "{}"
rewind_to = "{}"
[search]
method = "{}"
)",
                     setting.levels, setting.mode, setting.rewind_to, setting.method);
}

}  // namespace

Experiment renda_resnet20() {
  Experiment renda;
  renda.name = "renda-resnet20";
  renda.title = "ResNet-20: rewinding weights or the learning rate, fine-tuning, starting anew";
  renda.paper = "Renda, Frankle & Carbin 2020, Comparing rewinding and fine-tuning in neural network pruning";
  renda.dataset = "cifar10";
  renda.quick_is =
      "six epochs over a fifth of the images at half their size, and three prunings, each as deep as three "
      "of "
      "the paper's";
  const struct {
    const char *curve, *mode, *rewind_to, *quick_rewind_to;
    double at_51, at_21, at_10;  ///< Median of 3.
  } modes[] = {{"lr-rewind", "lr-rewind", "4701it", "40it", 92.29, 91.89, 91.01},
               {"rewind-12ep", "weight-rewind", "4701it", "40it", 91.99, 91.67, 91.00},
               {"rewind-init", "weight-rewind", "0it", "0it", 90.59, 89.21, 86.67},
               {"fine-tune", "fine-tune", "4701it", "40it", 91.38, 90.46, 89.33}};
  for (const auto& [curve, mode, rewind_to, quick_rewind_to, at_51, at_21, at_10] : modes) {
    renda.parts.push_back({curve, curve, full({mode, rewind_to, "iterative", 10}),
                           quick({mode, quick_rewind_to, "iterative", 3})});
    renda.lines.push_back({Accuracy{curve, 0.512, at_51}});
    renda.lines.push_back({Accuracy{curve, 0.210, at_21}});
    renda.lines.push_back({Accuracy{curve, 0.107, at_10}});
  }
  // Pruned once to each density, so each is a search of its own; of these three prunings of --quick
  // leave 13.4%.
  const struct {
    int levels;
    double density, published;
  } reinits[] = {{3, 0.512, 90.48}, {7, 0.210, 88.49}, {9, 0.134, 87.46}, {10, 0.107, 86.88}};
  for (const auto& [levels, density, published] : reinits) {
    const std::string shorter = levels == 9 ? quick({"reinit", "0it", "one-shot", 3}) : "";
    renda.parts.push_back({fmt::format("reinit-{:.0f}", 100 * density), "reinit",
                           full({"reinit", "0it", "one-shot", levels}), shorter});
    renda.lines.push_back({Accuracy{"reinit", density, published}});
  }
  for (const Claim& claim :
       std::vector<Claim>{Within{"lr-rewind", 0.2, 0.262}, Above{"rewind-12ep", "rewind-init", 0.262},
                          Above{"lr-rewind", "fine-tune", 0.134}, Above{"rewind-12ep", "fine-tune", 0.134},
                          Above{"fine-tune", "rewind-init", 0.134}, Above{"fine-tune", "reinit", 0.134}})
    renda.lines.push_back({claim});
  return renda;
}

}  // namespace coppice
