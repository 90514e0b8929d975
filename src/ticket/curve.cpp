#include "ticket/curve.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace coppice {

/// An estimate says so wherever it stands.
static const char* kind_text(const Energy& energy) {
  switch (energy.kind) {
    case Energy::Kind::kMeasured: return energy.reliable ? "measured" : "measured (unreliable)";
    case Energy::Kind::kEstimate: return "ESTIMATE";
    case Energy::Kind::kUnavailable: break;
  }
  return "";
}

std::string curve_csv(const std::vector<LevelRecord>& records) {
  std::string out =
      "replicate,level,density_prunable,density_total,density_effective,kept,validation_accuracy,test_"
      "accuracy,"
      "validation_loss,test_loss,early_stop_step,early_stop_test_accuracy,steps,time_s,energy_j,energy_is\n";
  for (const LevelRecord& r : records) {
    const auto validation = [&](double (Tally::*value)() const) {
      return r.final.validation ? fmt::format("{}", ((*r.final.validation).*value)()) : std::string();
    };
    out +=
        fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{:.3f},{},{}\n", r.replicate, r.level,
                    r.density.of_prunable, r.density.of_total, r.density.effective, r.density.kept,
                    validation(&Tally::accuracy), r.final.test.accuracy(), validation(&Tally::loss),
                    r.final.test.loss(), r.early_stop.step, r.early_stop.test.accuracy(), r.steps, r.time_s,
                    r.energy.known() ? fmt::format("{:.3f}", r.energy.joules) : "", kind_text(r.energy));
  }
  return out;
}

namespace {

constexpr double kWidth = 720, kHeight = 400, kLeft = 70, kRight = 20, kTop = 46, kBottom = 56;

struct Axes {
  double sparsest, lowest, highest;  ///< Density at the right end; accuracy in percent at bottom and top.
  double x(double density) const {
    const double span = std::log(1.0) - std::log(sparsest);
    return kLeft + (kWidth - kLeft - kRight) * (span > 0 ? -std::log(density) / span : 0);
  }
  double y(double percent) const {
    return kHeight - kBottom - (kHeight - kTop - kBottom) * (percent - lowest) / (highest - lowest);
  }
};

std::string text(double x, double y, const char* anchor, const std::string& content, int size = 12) {
  std::string safe;
  for (const char c : content) {
    if (c == '<')
      safe += "&lt;";
    else if (c == '&')
      safe += "&amp;";
    else
      safe += c;
  }
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" font-size=\"{}\">{}</text>\n", x, y,
                     anchor, size, safe);
}

/// A step of 1, 2 or 5 times a power of ten that gives at most six grid lines.
double grid_step(double span) {
  const double power = std::pow(10.0, std::floor(std::log10(span / 6)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (span / (factor * power) <= 6) return factor * power;
  }
  return 10 * power;
}

std::string grid(const Axes& axes) {
  std::string out;
  const double step = grid_step(axes.highest - axes.lowest);
  for (double level = std::ceil(axes.lowest / step) * step; level <= axes.highest + 1e-9; level += step) {
    out += fmt::format("<line x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#ddd\"/>\n", kLeft,
                       kWidth - kRight, axes.y(level), axes.y(level));
    out += text(kLeft - 8, axes.y(level) + 4, "end", fmt::format("{:g}%", level));
  }
  for (const double percent : {100.0, 50.0, 20.0, 10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1}) {
    if (percent / 100 < axes.sparsest * 0.999) break;
    const double x = axes.x(percent / 100);
    out += fmt::format("<line x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{}\" y2=\"{}\" stroke=\"#ddd\"/>\n", x, x,
                       kTop, kHeight - kBottom);
    out += text(x, kHeight - kBottom + 18, "middle", fmt::format("{:g}%", percent));
  }
  return out;
}

}  // namespace

std::string curve_svg(const std::vector<LevelSummary>& curve, const std::string& title) {
  double low = 100, high = 0, sparsest = 0.9;
  for (const LevelSummary& row : curve) {
    low = std::min(low, 100 * (row.test - row.test_sd));
    high = std::max(high, 100 * (row.test + row.test_sd));
    sparsest = std::min(sparsest, std::max(row.density, 1e-4));
  }
  const double margin = std::max(0.25, 0.08 * (high - low));
  const Axes axes{sparsest, std::max(0.0, low - margin), std::min(100.0, high + margin)};

  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
      "font-family=\"sans-serif\" fill=\"#333\">\n<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n",
      kWidth, kHeight);
  out += text(kLeft, 26, "start", title + ": test accuracy over density", 15) + grid(axes);
  out += text((kLeft + kWidth - kRight) / 2, kHeight - 14, "middle", "weights kept (of the prunable ones)");
  if (!curve.empty()) {
    const double y = axes.y(100 * curve.front().test);
    out += fmt::format(
        "<line x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#b33\" stroke-dasharray=\"6 4\"/>\n",
        kLeft, kWidth - kRight, y, y);
    out += text(kWidth - kRight, y - 6, "end", "dense");
  }
  std::string points;
  for (const LevelSummary& row : curve) {
    const double x = axes.x(std::max(row.density, 1e-4)), y = axes.y(100 * row.test);
    points += fmt::format("{:.1f},{:.1f} ", x, y);
    if (row.test_sd > 0) {
      out += fmt::format(
          "<line x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.1f}\" y2=\"{2:.1f}\" stroke=\"#27632a\" "
          "stroke-opacity=\"0.5\"/>\n",
          x, axes.y(100 * (row.test - row.test_sd)), axes.y(100 * (row.test + row.test_sd)));
    }
    out += fmt::format(
        "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\" fill=\"#27632a\"><title>level {}: {:.2f}% of the "
        "weights, {:.2f}%</title></circle>\n",
        x, y, row.level, 100 * row.density, 100 * row.test);
  }
  out += fmt::format(
      "<polyline points=\"{}\" fill=\"none\" stroke=\"#27632a\" stroke-width=\"2\"/>\n</svg>\n", points);
  return out;
}

}  // namespace coppice
