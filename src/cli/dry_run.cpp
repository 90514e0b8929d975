#include "cli/dry_run.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/table.h"
#include "base/text.h"
#include "ticket/controls.h"
#include "ticket/expect.h"
#include "ticket/run_folder.h"

namespace coppice {

std::string dry_run(const Network& network, const Data& data, const Config& config,
                    const SearchOptions& options, bool json) {
  const Device device = resolve_device(options.device, options.threads);
  const SearchPlan plan = plan_search(network, data, config);
  const Expectation expected = expect_search(network, data, config, plan, device);
  const std::string folder = options.runs + "/" + run_name(config, data, device);
  const Masks masks = full_masks(network, config.prune.exclude);
  const auto density_of = [&](std::int64_t left) {
    return static_cast<double>(left) / static_cast<double>(std::max<std::int64_t>(1, prunable(masks)));
  };
  if (json) {
    nlohmann::ordered_json out;
    out["folder"] = folder;
    out["engine"] = expected.engine;
    out["device"] = {{"type", device.type}, {"threads", device.threads}};
    out["prunable"] = prunable(masks);
    out["layers"] = nlohmann::ordered_json::array();
    for (const TensorSpec& spec : tensor_specs(network)) {
      if (spec.role != Role::kWeight) continue;
      out["layers"].push_back(
          {{"name", spec.name}, {"shape", spec.shape}, {"prunable", find(masks, spec.name) != nullptr}});
    }
    out["levels"] = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < plan.kept.size(); ++i) {
      out["levels"].push_back(
          {{"level", i}, {"kept", plan.kept[i]}, {"density_prunable", density_of(plan.kept[i])}});
    }
    out["controls"] = control_names(config.control);
    out["steps"] = {{"per_epoch", plan.steps_per_epoch},
                    {"per_level", plan.steps_per_level},
                    {"rewind", plan.rewind_step},
                    {"total", plan.total_steps}};
    out["expected"] = {{"time_s", expected.total_s},
                       {"step_ms", 1e3 * expected.step_s},
                       {"memory_bytes", expected.memory_bytes},
                       {"disk_bytes", expected.disk_bytes}};
    return out.dump(2) + "\n";
  }
  Table layers({"layer", "shape", "weights", "prunable"});
  for (const TensorSpec& spec : tensor_specs(network)) {
    if (spec.role != Role::kWeight) continue;
    std::vector<std::string> shape;
    for (const std::int64_t extent : spec.shape) shape.push_back(std::to_string(extent));
    layers.add_row({spec.name.substr(0, spec.name.rfind('.')), join(shape, " x "),
                    grouped(element_count(spec.shape)), find(masks, spec.name) ? "yes" : "no"});
  }
  Table levels({"level", "weights kept", "density %"});
  for (std::size_t i = 0; i < plan.kept.size(); ++i) {
    levels.add_row(
        {std::to_string(i), grouped(plan.kept[i]), fmt::format("{:.2f}", 100 * density_of(plan.kept[i]))});
  }
  std::string out = fmt::format("{} on {}: {} training, {} validation, {} test images\n\n", network.name,
                                data.name, grouped(data.count(Split::kTrain)),
                                grouped(data.count(Split::kValidation)), grouped(data.count(Split::kTest)));
  out += layers.text() + "\n" + levels.text() + "\n";
  out += fmt::format(
      "steps    {} per level ({} an epoch), rewinding to step {}, {} in all over {} replicate{}\n",
      grouped(plan.steps_per_level), grouped(plan.steps_per_epoch), plan.rewind_step,
      grouped(plan.total_steps), config.replicates, config.replicates == 1 ? "" : "s");
  if (const std::vector<std::string> controls = control_names(config.control); !controls.empty())
    out += fmt::format("controls {}, beside every pruned level\n", join(controls, ", "));
  out += fmt::format("time     about {} ({:.2f} ms a step on {}, {} thread{}, engine {}; a second's trial)\n",
                     duration_text(expected.total_s), 1e3 * expected.step_s, device.type, device.threads,
                     device.threads == 1 ? "" : "s", expected.engine);
  out += fmt::format(
      "memory   about {} and the libraries' own\ndisk     about {}\nfolder   {} (nothing was written)\n",
      bytes_text(expected.memory_bytes), bytes_text(expected.disk_bytes), folder);
  return out;
}

}  // namespace coppice
