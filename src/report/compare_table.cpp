#include "report/compare_table.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/table.h"
#include "base/text.h"

namespace coppice {

namespace {

/// Seconds in the unit that reads best beside others like it.
std::string time_text(double seconds) {
  const double ms = seconds * 1e3;
  return fmt::format("{:.{}f}", ms, ms < 0.1 ? 4 : ms < 1 ? 3 : ms < 100 ? 2 : 1);
}

std::string factor_text(double factor) { return fmt::format("{:.{}f}x", factor, factor < 10 ? 2 : 1); }

std::string interval_text(const Interval& interval) {
  const int digits = interval.high < 10 ? 2 : 1;
  return fmt::format("{:.{}f} to {:.{}f}", interval.low, digits, interval.high, digits);
}

std::string model_table(const Comparison& comparison) {
  Table table({"batch", "dense ms", "without dead units", "ticket ms", "speedup", "95% interval", "limit",
               "attained", "runs"});
  for (const ModelComparison& model : comparison.models) {
    table.add_row({std::to_string(model.batch), time_text(model.dense.median), time_text(model.slim.median),
                   time_text(model.plan.median), factor_text(model.speedup.median),
                   interval_text(model.speedup), factor_text(model.limit_speedup),
                   fmt::format("{:.0f}%", 100 * model.attained), model.runs});
  }
  return table.text();
}

std::string layer_table(const Comparison& comparison, std::int64_t batch) {
  Table table({"layer", "weights", "kept %", "dense ms", "dense kernel", "sparse ms", "sparse kernel",
               "alone", "in place", "limit", "attained", "break-even %", "predicted"});
  for (const LayerComparison& layer : comparison.layers) {
    if (layer.batch != batch) continue;
    const auto ms = [&](const std::string& kernel) {
      for (const KernelResult& result : layer.candidates) {
        if (result.kernel == kernel) return time_text(result.seconds.median);
      }
      return std::string("-");
    };
    table.add_row({layer.name, layer.shape, fmt::format("{:.1f}", 100 * layer.density), ms(layer.best_dense),
                   layer.best_dense, ms(layer.best_sparse), layer.best_sparse,
                   factor_text(layer.kernel_speedup.median), factor_text(layer.speedup.median),
                   factor_text(layer.limit_speedup), fmt::format("{:.0f}%", 100 * layer.attained),
                   fmt::format("{:.0f}", 100 * layer.break_even_density),
                   fmt::format("{:.0f}", 100 * layer.predicted_break_even_density)});
  }
  return table.text();
}

/// The layers of a batch that stay dense, with the reasons.
std::string dense_layers(const Comparison& comparison, std::int64_t batch) {
  std::vector<std::string> stay;
  for (const LayerComparison& layer : comparison.layers) {
    const auto chosen = std::find_if(layer.candidates.begin(), layer.candidates.end(),
                                     [](const auto& c) { return c.chosen; });
    if (layer.batch == batch && chosen != layer.candidates.end() && !chosen->sparse) {
      stay.push_back(fmt::format("{} {}", layer.name, layer.why));
    }
  }
  constexpr std::size_t kMost = 3;
  const std::size_t more = stay.size() > kMost ? stay.size() - kMost : 0;
  stay.resize(std::min(stay.size(), kMost));
  std::string text = join(stay, "; ");
  if (more > 0) text += fmt::format("; so do {} more", more);
  return text;
}

std::string accuracy_text(const TestAccuracy& accuracy) {
  std::string text = "Test accuracy: ";
  if (accuracy.dense) text += fmt::format("dense {:.2f}%, ", 100 * *accuracy.dense);
  return text + fmt::format("ticket on dense kernels {:.2f}%, on sparse kernels {:.2f}% ({} images)\n",
                            100 * accuracy.ticket_dense_kernels, 100 * accuracy.ticket_sparse_kernels,
                            grouped(accuracy.images));
}

std::string energy_lines(const Comparison& comparison) {
  std::string text;
  for (const ModelComparison& model : comparison.models) {
    if (model.energy.plan.reason == kNotAskedFor && !model.energy.plan.known()) return "";
    if (!model.energy.plan.known()) {
      return fmt::format("Energy: {}\n", energy_text(model.energy.plan));  // the same for every batch
    }
    const std::string carbon = carbon_text(model.energy.plan, comparison.carbon_g_per_kwh);
    text += fmt::format("Energy a call at batch {}: dense {}, ticket {}{}{}\n", model.batch,
                        energy_text(model.energy.dense), energy_text(model.energy.plan),
                        carbon.empty() ? "" : "; ticket ", carbon);
  }
  return text;
}

}  // namespace

std::string compare_sentence(const Comparison& comparison, const ModelComparison& model) {
  const std::string what = fmt::format(
      "At batch {} the ticket ({:.1f}% of the weights, {:.1f}% of the multiply-adds)", model.batch,
      100 * comparison.density, 100 * model.sparse_flops / std::max(1.0, model.dense_flops));
  std::string text;
  const bool sparse = model.runs.starts_with(kSparsePlan);
  if (!sparse) {
    text = fmt::format("{} runs dense, on {}: no mix of sparse kernels was faster", what, model.runs);
    if (model.dead_units > 0)
      text +=
          fmt::format("; {:.2f}x the unpruned network, for its dead units are gone", model.speedup.median);
  } else if (model.speedup.high < 1) {
    text = fmt::format("{} runs {} slower than the dense network on {}", what,
                       factor_text(1 / model.speedup.median), model.dense_kernel);
  } else if (model.speedup.low <= 1) {
    text = fmt::format("{} is as fast as the dense network, within the interval", what);
  } else {
    text = fmt::format("{} runs {} faster than the dense network on {}; {:.0f}% of the limit", what,
                       factor_text(model.speedup.median), model.dense_kernel, 100 * model.attained);
  }
  const std::string dense = dense_layers(comparison, model.batch);
  if (sparse && !dense.empty()) text += "; " + dense;
  return text + ".";
}

std::string compare_text(const Comparison& comparison) {
  std::string text = fmt::format("{} level {}: {:.2f}% of the prunable weights, fp32, {}\n\n", comparison.run,
                                 comparison.level, 100 * comparison.density, to_text(comparison.calibration));
  for (const ModelComparison& model : comparison.models) {
    const std::string layers = layer_table(comparison, model.batch);
    const bool any = std::any_of(comparison.layers.begin(), comparison.layers.end(),
                                 [&](const LayerComparison& layer) { return layer.batch == model.batch; });
    if (any) text += fmt::format("Layers at batch {} (dead units gone):\n{}\n", model.batch, layers);
  }
  text += fmt::format("Network, milliseconds a call:\n{}\n", model_table(comparison));
  text += accuracy_text(comparison.accuracy);
  double worst = 0;
  for (const ModelComparison& model : comparison.models) worst = std::max(worst, model.max_rel_error);
  text += fmt::format(
      "Agreement with the same weights on dense kernels: off by at most {:.1e} of the largest logit\n",
      worst);
  text += energy_lines(comparison) + "\n";
  for (const ModelComparison& model : comparison.models) text += compare_sentence(comparison, model) + "\n";
  for (const std::string& note : comparison.notes) text += "Note: " + note + ".\n";
  return text + fmt::format("\nFiles: {}\n", comparison.file);
}

}  // namespace coppice
