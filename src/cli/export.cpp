// coppice export: hand a checkpoint on.
#include "coppice/checkpoint.h"
#include "coppice/error.h"
#include "coppice/ticket.h"

#include <filesystem>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/paths.h"
#include "base/text.h"
#include "cli/common.h"
#include "ticket/kept_level.h"
#include "ticket/record.h"

namespace coppice {

namespace fs = std::filesystem;

namespace {

struct ExportOptions {
  std::string source, format, output;
  std::int64_t level = -1;
  bool masks = false;
};

struct Source {
  std::string file;  ///< The checkpoint.
  Masks masks;       ///< Of a run's level; empty for a bare file.
  Metadata metadata;
};

Source level_of_run(const std::string& folder, std::int64_t level) {
  if (level < 0) {
    const RunContent run = read_run(folder);
    if (!run.ticket)
      throw BadInput(fmt::format("{}: the search has not chosen a ticket; name a level: --level N", folder));
    if (run.ticket->level == 0) {
      throw BadInput(fmt::format("{}: no ticket: {}; name a level: --level N", folder, run.ticket->why));
    }
    level = run.ticket->level;
  }
  const LevelPaths files = kept_level(folder, level);
  const Json normalisation = reading(RunPaths{folder}.run(), [](const Json& run) {
    return Json{{"mean", run.at("data").at("mean")}, {"std", run.at("data").at("stddev")}};
  });
  return {files.model().string(),
          read_masks(files.mask().string()),
          {{"level", std::to_string(level)}, {"normalisation", normalisation.dump()}}};
}

/// NAME.mask as BOOL, shaped like the weight.
void add_masks(const Masks& masks, Tensors& tensors) {
  for (const NamedMask& mask : masks) {
    Tensor tensor = Tensor::zeros(DType::kBool, mask.mask.shape());
    const std::vector<std::uint8_t> keep = mask.mask.unpacked();
    std::copy(keep.begin(), keep.end(), tensor.as<std::uint8_t>().begin());
    tensors[mask.name + ".mask"] = std::move(tensor);
  }
}

void export_checkpoint(const ExportOptions& options, const CommonOptions& common) {
  const bool is_file = fs::is_regular_file(options.source);
  if (is_file && options.level >= 0) throw BadInput("--level: names a level of a run, and a file was given");
  if (is_file && options.masks) throw BadInput("--masks: a bare file has none; export from the run");
  if (options.masks && options.format == "pt") throw BadInput("--masks: goes with --format safetensors");
  if (fs::is_directory(options.output))
    throw BadInput(fmt::format("{}: is a folder; -o names a file", options.output));
  const fs::path parent = fs::absolute(options.output).parent_path();
  if (!fs::is_directory(parent)) throw BadInput(fmt::format("{}: no such folder", parent.string()));
  const Source source = is_file ? Source{options.source, {}, {}}
                                : level_of_run(find_run(options.source, common), options.level);

  Checkpoint checkpoint = read_checkpoint(source.file);
  std::vector<std::string> order;
  double dense_bytes = 0;
  for (const TensorSpec& spec : tensor_specs(checkpoint.network)) {
    order.push_back(spec.name);
    dense_bytes += static_cast<double>(element_count(spec.shape)) * static_cast<double>(size_of(spec.dtype));
  }
  std::string reader;
  if (options.format == "pt") {
    write_state_dict(options.output, checkpoint.tensors, order);
    reader =
        "torch.load(PATH, weights_only=True); runs as a dense network, the zeros bring no speed by "
        "themselves";
  } else {
    Metadata metadata = source.metadata;
    metadata["format"] = "pt";  // what PyTorch-side readers of safetensors look for
    if (options.masks) add_masks(source.masks, checkpoint.tensors);
    if (options.masks) metadata["network"] = to_json(checkpoint.network);
    options.masks ? write_safetensors(options.output, checkpoint.tensors, metadata)
                  : write_checkpoint(options.output, checkpoint.network, checkpoint.tensors, metadata);
    reader =
        "anything that opens safetensors; runs as a dense network, the zeros bring no speed by themselves";
  }
  const auto size = static_cast<double>(fs::file_size(options.output));
  if (common.json) {
    print_result(Json{{"file", options.output},
                      {"format", options.format},
                      {"source", source.file},
                      {"bytes", size},
                      {"dense_bytes", dense_bytes},
                      {"readers", reader}}
                     .dump(2) +
                 "\n");
  } else {
    print_result(fmt::format("{}: {} from {}, {} ({:.2f}x the dense tensors)\nRead by: {}\n", options.output,
                             options.format, source.file, bytes_text(size), size / std::max(1.0, dense_bytes),
                             reader));
  }
}

}  // namespace

void add_export(CLI::App& app, const CommonOptions& common) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App* verb = app.add_subcommand("export", "Hand a pruned checkpoint on");
  verb->footer(
      "Examples:\n  coppice export RUN --format pt -o ticket.pt               the ticket, for torch.load\n"
      "  coppice export RUN --format safetensors --masks -o t.safetensors --level 5\n"
      "  coppice export level-03/model.safetensors --format pt -o model.pt");
  verb->add_option("RUN|FILE", options->source, "A run (its ticket, or --level) or a checkpoint file")
      ->required();
  verb->add_option("--format", options->format, "safetensors or pt (a PyTorch state dict)")
      ->required()
      ->check(CLI::IsMember({"safetensors", "pt"}));
  verb->add_option("-o,--output", options->output, "File to write")->required();
  verb->add_option("--level", options->level, "Level of the run instead of its ticket")
      ->check(CLI::Range(0, 9999));
  verb->add_flag("--masks", options->masks, "Add the masks: NAME.mask, BOOL");
  verb->callback([options, &common] { export_checkpoint(*options, common); });
}

}  // namespace coppice
