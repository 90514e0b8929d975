// coppice inspect: what a run, a folder of runs, a checkpoint, a mask file or any safetensors file holds.
#include "coppice/checkpoint.h"
#include "coppice/error.h"
#include "coppice/ticket.h"

#include <algorithm>
#include <filesystem>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/paths.h"
#include "base/table.h"
#include "base/text.h"
#include "cli/common.h"
#include "cli/run_json.h"
#include "report/curve_table.h"
#include "report/early_text.h"
#include "ticket/stable_point.h"

namespace coppice {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::vector<std::string> extents;
  for (const std::int64_t extent : shape) extents.push_back(std::to_string(extent));
  return extents.empty() ? "scalar" : join(extents, " x ");
}

std::string inspect_run(const std::string& folder, bool json) {
  const RunContent run = read_run(folder);
  if (json) {
    return run_json(folder, run).dump(2) + "\n";
  }
  std::string out = fmt::format("{}: {} ({}), {} on {}\n\n", folder, run.config.name, run.status,
                                run.config.model.name, run.config.data.dataset);
  if (run.records.empty()) return out + "No level is finished yet; the command that began it goes on.\n";
  out += curve_table(run) + "\n";
  if (const auto point = read_stable_point(RunPaths{folder})) out += "Note: " + told(*point) + ".\n\n";
  const LevelRecord* shown = &run.records.back();
  for (const LevelRecord& record : run.records) {
    if (run.ticket && record.replicate == 1 && record.level == run.ticket->level) shown = &record;
  }
  Table layers({"layer", "shape", "kept", "of", "density %"});
  for (const NamedMask& mask : shown->masks) {
    layers.add_row(
        {mask.name.substr(0, mask.name.rfind('.')), shape_text(mask.mask.shape()), grouped(mask.mask.kept()),
         grouped(mask.mask.size()),
         fmt::format("{:.2f}", 100.0 * static_cast<double>(mask.mask.kept()) /
                                   static_cast<double>(std::max<std::int64_t>(1, mask.mask.size())))});
  }
  out += fmt::format("Layers at level {}:\n{}\n", shown->level, layers.text());
  return out +
         (run.ticket ? ticket_text(*run.ticket, run.config.replicates) + "\n" + early_text(*run.ticket) +
                           energy_sentence(*run.ticket, run.config.energy.carbon_g_per_kwh)
                     : "The search has not chosen a ticket.") +
         "\n";
}

std::string inspect_runs(const fs::path& folder, bool json) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (fs::exists(RunPaths{entry.path()}.run())) names.push_back(entry.path().string());
  }
  std::sort(names.begin(), names.end());
  if (names.empty()) throw BadInput(fmt::format("{}: neither a run nor a folder of runs", folder.string()));
  Table table({"run", "status", "network", "data", "levels", "dense test %", "ticket kept %", "ticket test %",
               "verdict"});
  Json list = Json::array();
  for (const std::string& name : names) {
    const RunContent run = read_run(name);
    list.push_back(run_json(name, run));
    const bool chosen = run.ticket && run.ticket->level > 0;
    table.add_row(
        {fs::path(name).filename().string(), run.status, run.config.model.name, run.config.data.dataset,
         std::to_string(run.records.size()),
         run.records.empty() ? "" : fmt::format("{:.2f}", 100 * run.records.front().final.test.accuracy()),
         chosen ? fmt::format("{:.2f}", 100 * run.ticket->density) : "-",
         chosen ? fmt::format("{:.2f}", 100 * run.ticket->test_accuracy) : "-",
         run.ticket ? run.ticket->verdict : "-"});
  }
  return json ? list.dump(2) + "\n" : table.text();
}

/// Nonzero elements of a float32 tensor; -1 for other types.
std::int64_t nonzeros(const Tensor& tensor) {
  if (tensor.dtype != DType::kF32) return -1;
  const auto values = tensor.as<float>();
  return static_cast<std::int64_t>(values.size()) - std::count(values.begin(), values.end(), 0.0f);
}

std::string inspect_masks(const std::string& path, bool json) {
  const Masks masks = read_masks(path);
  Table table({"tensor", "shape", "kept", "of", "density %"});
  Json list = Json::array();
  for (const NamedMask& mask : masks) {
    const double density = static_cast<double>(mask.mask.kept()) /
                           static_cast<double>(std::max<std::int64_t>(1, mask.mask.size()));
    table.add_row({mask.name, shape_text(mask.mask.shape()), grouped(mask.mask.kept()),
                   grouped(mask.mask.size()), fmt::format("{:.2f}", 100 * density)});
    list.push_back({{"name", mask.name}, {"shape", mask.mask.shape()}, {"kept", mask.mask.kept()}});
  }
  if (json)
    return Json{{"file", path},
                {"kind", "masks"},
                {"kept", kept(masks)},
                {"prunable", prunable(masks)},
                {"tensors", list}}
               .dump(2) +
           "\n";
  return fmt::format("{}: masks, {} of {} weights kept\n\n{}", path, grouped(kept(masks)),
                     grouped(prunable(masks)), table.text());
}

std::string inspect_file(const std::string& path, bool json) {
  const SafetensorsFile file = read_safetensors(path);
  const bool is_masks =
      !file.tensors.empty() && std::all_of(file.tensors.begin(), file.tensors.end(), [](const auto& entry) {
        return entry.first.ends_with(".bitmask") || entry.first.ends_with(".shape");
      });
  if (is_masks) return inspect_masks(path, json);
  Table table({"tensor", "type", "shape", "elements", "nonzero %"});
  Json list = Json::array();
  std::int64_t elements = 0;
  for (const auto& [name, tensor] : file.tensors) {
    const std::int64_t nonzero = nonzeros(tensor), size = tensor.size();
    elements += size;
    table.add_row({name, std::string(dtype_name(tensor.dtype)), shape_text(tensor.shape), grouped(size),
                   nonzero < 0 || size == 0 ? ""
                                            : fmt::format("{:.2f}", 100.0 * static_cast<double>(nonzero) /
                                                                        static_cast<double>(size))});
    list.push_back({{"name", name},
                    {"dtype", dtype_name(tensor.dtype)},
                    {"shape", tensor.shape},
                    {"nonzero", nonzero < 0 ? Json() : Json(nonzero)}});
  }
  const auto found = file.metadata.find("network");
  const std::string network = found == file.metadata.end() ? "" : network_from_json(found->second).name;
  const char* kind = network.empty() ? "tensors" : "checkpoint";
  if (json) {
    return Json{{"file", path},
                {"kind", kind},
                {"network", network.empty() ? Json() : Json::parse(found->second)},
                {"tensors", list}}
               .dump(2) +
           "\n";
  }
  return fmt::format("{}: {}{}, {} tensors, {} elements\n\n{}", path, kind,
                     network.empty() ? "" : " of " + network, file.tensors.size(), grouped(elements),
                     table.text());
}

void inspect(const std::string& path, const CommonOptions& common) {
  if (fs::is_regular_file(path)) return print_result(inspect_file(path, common.json));
  if (fs::is_directory(path) && !fs::exists(RunPaths{path}.run())) {
    const LevelPaths level{path};
    return print_result(fs::exists(level.model()) ? inspect_file(level.model().string(), common.json)
                                                  : inspect_runs(path, common.json));
  }
  print_result(inspect_run(find_run(path, common), common.json));
}

}  // namespace

void add_inspect(CLI::App& app, const CommonOptions& common) {
  auto path = std::make_shared<std::string>();
  CLI::App* verb =
      app.add_subcommand("inspect", "What a run, a folder of runs, a checkpoint or a mask file holds");
  verb->footer(
      "Examples:\n  coppice inspect runs\n  coppice inspect runs/quickstart-1a2b3c4d --json\n"
      "  coppice inspect runs/quickstart-1a2b3c4d/level-03/mask.safetensors");
  verb->add_option("PATH", *path, "Run, folder or safetensors file")->required();
  verb->callback([path, &common] { inspect(*path, common); });
}

}  // namespace coppice
