#include "report/bench_table.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/table.h"
#include "base/text.h"
#include "measure/figures.h"

namespace coppice {

namespace {

const KernelResult* fastest(const LayerComparison& layer, bool sparse) {
  const auto found = std::find_if(layer.candidates.begin(), layer.candidates.end(),
                                  [&](const KernelResult& kernel) { return kernel.sparse == sparse; });
  return found == layer.candidates.end() ? nullptr : &*found;
}

std::string ms(const KernelResult* kernel) {
  return kernel ? fmt::format("{:.4g}", 1e3 * kernel->seconds.median) : "-";
}

std::string name(const KernelResult* kernel) {
  if (!kernel) return "-";
  return kernel->variant.empty() ? kernel->kernel : fmt::format("{} ({})", kernel->kernel, kernel->variant);
}

}  // namespace

std::string layers_table(const std::vector<LayerTiming>& timings) {
  const bool named = std::any_of(timings.begin(), timings.end(), [](const LayerTiming& timing) {
    return timing.comparison.name != timing.comparison.shape;
  });
  std::vector<std::string> headers = {
      "shape",       "batch", "dense weights", "density", "best dense", "ms",
      "best sparse", "ms",    "GF/s nz",       "sparse",  "95%",        "chosen",
      "95%",         "limit", "attained",      "even at", "predicted"};
  if (named) headers.insert(headers.begin(), "layer");
  Table table(headers);
  std::int64_t displaced = 0;
  for (const LayerTiming& timing : timings) {
    const LayerComparison& layer = timing.comparison;
    const KernelResult *dense = fastest(layer, false), *sparse = fastest(layer, true);
    displaced = std::max(displaced, timing.displaced_bytes);
    std::vector<std::string> row = {layer.shape,
                                    std::to_string(layer.batch),
                                    fmt::format("{}, {}", bytes_text(timing.dense_weight_bytes),
                                                timing.displaced_bytes > 0     ? "cold"
                                                : timing.weights_lie == "DRAM" ? "beyond the caches"
                                                                               : "fit " + timing.weights_lie),
                                    density_text(layer.density),
                                    name(dense),
                                    ms(dense),
                                    name(sparse),
                                    ms(sparse),
                                    sparse ? fmt::format("{:.3g}", sparse->gflops_useful) : "-",
                                    factor_text(layer.sparse_speedup),
                                    range_text(layer.sparse_speedup),
                                    factor_text(layer.speedup),
                                    range_text(layer.speedup),
                                    factor_text(layer.limit_speedup),
                                    percent_text(layer.attained),
                                    percent_text(layer.break_even_density),
                                    percent_text(layer.predicted_break_even_density)};
    if (named) row.insert(row.begin(), layer.name);
    table.add_row(std::move(row));
  }
  std::string text =
      "Kernels alone. sparse: the best dense kernel's time over that of the best sparse one; chosen: over "
      "that of\n"
      "the kernel that a plan would take, from samples taken after the choice. GF/s nz counts the nonzeros "
      "alone.\n"
      "limit: what a perfect sparse kernel would gain over a perfect dense one; attained: the chosen "
      "kernel's part\n"
      "of its own limit. even at: the density where sparse and dense break even, predicted from the limits "
      "beside.\n";
  if (displaced > 0) {
    text += fmt::format("cold: {} were read before every run, so that the weights come from memory.\n",
                        bytes_text(static_cast<double>(displaced)));
  }
  return text + "\n" + table.text();
}

std::string sweeps_table(const std::vector<Sweep>& sweeps) {
  std::string text =
      "Sweep over densities. forced: the best dense kernel's time over that of the best sparse one; chosen: "
      "over\n"
      "that of the kernel that a plan would take.\n";
  for (const Sweep& sweep : sweeps) {
    Table table({"density", "chosen", "95%", "forced", "95%", "limit", "chosen kernel"});
    for (const LayerTiming& point : sweep.points) {
      const LayerComparison& layer = point.comparison;
      table.add_row({density_text(layer.density), factor_text(layer.speedup), range_text(layer.speedup),
                     factor_text(layer.sparse_speedup), range_text(layer.sparse_speedup),
                     factor_text(layer.limit_speedup), layer.chosen});
    }
    text += fmt::format("\n{}, batch {}: sparse is faster below {:.0f}% density (the limits say {:.0f}%)\n{}",
                        sweep.layer, sweep.images, 100 * sweep.break_even, 100 * sweep.predicted_break_even,
                        table.text());
  }
  return text;
}

std::string weights_note(const std::string& path, const WeightsFile& file) {
  std::string text =
      fmt::format("{}: {} layers; shapes from {}\n", path, file.layers.size(), file.shapes_from);
  std::map<std::string, std::vector<std::string>> by_why;
  for (const SkippedTensor& skipped : file.skipped) by_why[skipped.why].push_back(skipped.name);
  for (const auto& [why, names] : by_why) {
    const std::string one = names.size() == 1 ? "" : "s";
    text += fmt::format("{} tensor{} skipped ({}): {}{}\n", names.size(), one, why, names[0],
                        names.size() > 1 ? ", ..." : "");
  }
  return text;
}

}  // namespace coppice
