// A line plot as SVG: what the tables say, for the eye. Every number in it can be read off a table or CSV
// that stands beside it.
#include "base/plot.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace coppice {

namespace {

constexpr double kWidth = 720, kHeight = 400, kLeft = 70, kRight = 20, kTop = 46, kBottom = 56, kLegend = 150;
/// Told apart by those who see few colours, too (Okabe & Ito 2008); the first is for what matters most.
constexpr std::array kColours{"#27632a", "#d55e00", "#0072b2", "#cc79a7", "#e69f00", "#56b4e9", "#555555"};

double on_scale(Scale scale, double value) {
  switch (scale) {
    case Scale::kLinear: return value;
    case Scale::kLog: return std::log(value);
    case Scale::kLogFromZero: return std::log1p(value);
  }
  return value;
}

/// The part of an axis that is drawn.
struct Span {
  Scale scale;
  bool reversed;
  double low, high;
  /// 0 at its beginning, 1 at its end.
  double place(double value) const {
    const double from = on_scale(scale, low), to = on_scale(scale, high);
    const double at = to > from ? (on_scale(scale, value) - from) / (to - from) : 0.5;
    return reversed ? 1 - at : at;
  }
};

bool shows(const Axis& axis, double value) {
  return std::isfinite(value) && (axis.scale != Scale::kLog || value > 0) &&
         (axis.scale != Scale::kLogFromZero || value >= 0);
}

bool shows(const Plot& plot, const PlotPoint& point) {
  return shows(plot.x, point.x) && shows(plot.y, point.y);
}

/// `margin`: the part of its length that an axis is longer than its values.
Span span_of(const Axis& axis, std::vector<double> values, double margin) {
  values.insert(values.end(), axis.shown.begin(), axis.shown.end());
  std::erase_if(values, [&](double value) { return !shows(axis, value); });
  if (values.empty()) values = {1, 2};
  double low = *std::min_element(values.begin(), values.end());
  double high = *std::max_element(values.begin(), values.end());
  if (axis.scale == Scale::kLinear) {
    const double room = margin * (high - low);
    low -= room, high += room;
    if (low == high) low -= 0.5, high += 0.5;
  } else if (low == high) {
    low /= 2, high = 2 * high + 1e-9;
  }
  if (axis.least) low = std::max(low, *axis.least);
  if (axis.greatest) high = std::min(high, *axis.greatest);
  return {axis.scale, axis.reversed, low, std::max(high, low)};
}

std::string safe(const std::string& content) {
  std::string out;
  for (const char c : content) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      default: out += c;
    }
  }
  return out;
}

class Drawing {
 public:
  explicit Drawing(const Plot& plot) : plot_(plot), legend_(plot.series.size() > 1) {
    std::vector<double> xs, ys;
    for (const PlotSeries& series : plot.series) {
      for (const PlotPoint& point : series.points) {
        if (!shows(plot, point)) continue;
        xs.push_back(point.x);
        ys.insert(ys.end(), {point.y, point.low.value_or(point.y), point.high.value_or(point.y)});
      }
    }
    for (const PlotGuide& guide : plot.guides) ys.push_back(guide.y);
    x_ = span_of(plot.x, xs, 0);
    y_ = span_of(plot.y, ys, 0.08);
  }

  std::string draw() {
    const double width = kWidth + (legend_ ? kLegend : 0);
    out_ = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
        "font-family=\"sans-serif\" fill=\"#333\">\n<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n",
        width, kHeight);
    text(kLeft, 26, "start", plot_.title, 15);
    grid();
    for (const PlotGuide& guide : plot_.guides) {
      line(kLeft, y(guide.y), kWidth - kRight, y(guide.y), "stroke=\"#b33\" stroke-dasharray=\"6 4\"");
      text(kWidth - kRight, y(guide.y) - 6, "end", guide.name);
    }
    // The first series is drawn last: on top.
    for (std::size_t i = plot_.series.size(); i-- > 0;)
      series(plot_.series[i], kColours[i % kColours.size()]);
    for (std::size_t i = 0; legend_ && i < plot_.series.size(); ++i) {
      const double row = kTop + 12 + 20 * static_cast<double>(i), from = kWidth - kRight + 14;
      line(from, row, from + 22, row, stroke(plot_.series[i], kColours[i % kColours.size()]));
      text(from + 28, row + 4, "start", plot_.series[i].name);
    }
    return out_ + "</svg>\n";
  }

 private:
  double x(double value) const { return kLeft + (kWidth - kLeft - kRight) * x_.place(value); }
  double y(double value) const {
    return kHeight - kBottom - (kHeight - kTop - kBottom) * y_.place(std::clamp(value, y_.low, y_.high));
  }

  void line(double x1, double y1, double x2, double y2, const std::string& look) {
    out_ += fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" {}/>\n", x1, y1, x2,
                        y2, look);
  }

  void text(double x, double y, const char* anchor, const std::string& content, int size = 12) {
    out_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" font-size=\"{}\">{}</text>\n", x,
                        y, anchor, size, safe(content));
  }

  void grid() {
    for (const double value : grid_values(y_.scale, y_.low, y_.high)) {
      line(kLeft, y(value), kWidth - kRight, y(value), "stroke=\"#ddd\"");
      text(kLeft - 8, y(value) + 4, "end", fmt::format("{:g}{}", value, plot_.y.unit));
    }
    for (const double value : grid_values(x_.scale, x_.low, x_.high)) {
      line(x(value), kTop, x(value), kHeight - kBottom, "stroke=\"#ddd\"");
      text(x(value), kHeight - kBottom + 18, "middle", fmt::format("{:g}{}", value, plot_.x.unit));
    }
    text((kLeft + kWidth - kRight) / 2, kHeight - 14, "middle", plot_.x.label);
    const double middle = (kTop + kHeight - kBottom) / 2;
    out_ += fmt::format(
        "<text transform=\"translate(16 {:.1f}) rotate(-90)\" text-anchor=\"middle\" "
        "font-size=\"12\">{}</text>\n",
        middle, safe(plot_.y.label));
  }

  static std::string stroke(const PlotSeries& series, const char* colour) {
    return fmt::format("stroke=\"{}\" stroke-width=\"2\"{}", colour,
                       series.dashed ? " stroke-dasharray=\"5 4\"" : "");
  }

  void series(const PlotSeries& series, const char* colour) {
    std::string along, above, below, bars, marks;
    for (const PlotPoint& point : series.points) {
      if (!shows(plot_, point)) continue;
      const double at = x(point.x);
      const double low = y(point.low.value_or(point.y)), high = y(point.high.value_or(point.y));
      along += fmt::format("{:.1f},{:.1f} ", at, y(point.y));
      above += fmt::format("{:.1f},{:.1f} ", at, high);
      below.insert(0, fmt::format("{:.1f},{:.1f} ", at, low));
      if (point.low || point.high) {
        bars += fmt::format(
            "<line x1=\"{0:.1f}\" y1=\"{1:.1f}\" x2=\"{0:.1f}\" y2=\"{2:.1f}\" stroke=\"{3}\" "
            "stroke-opacity=\"0.5\"/>\n",
            at, low, high, colour);
      }
      marks +=
          fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\" fill=\"{}\"><title>{}</title></circle>\n",
                      at, y(point.y), colour, safe(point.note));
    }
    if (series.band) {
      out_ +=
          fmt::format("<polygon points=\"{}{}\" fill=\"{}\" fill-opacity=\"0.15\"/>\n", above, below, colour);
    } else {
      out_ += bars;
    }
    out_ += fmt::format("<polyline points=\"{}\" fill=\"none\" {}/>\n", along, stroke(series, colour));
    if (series.marks) out_ += marks;
  }

  const Plot& plot_;
  const bool legend_;
  Span x_{}, y_{};
  std::string out_;
};

}  // namespace

std::string to_svg(const Plot& plot) { return Drawing(plot).draw(); }

std::vector<double> grid_values(Scale scale, double low, double high) {
  std::vector<double> values;
  if (!(high > low)) return {low};
  if (scale == Scale::kLinear) {
    const double power = std::pow(10.0, std::floor(std::log10((high - low) / 6)));
    double step = 10 * power;
    for (const double factor : {5.0, 2.0, 1.0}) {
      if ((high - low) / (factor * power) <= 6) step = factor * power;
    }
    // Multiples of the step rather than sums, so that 0 is 0.
    for (double i = std::ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; ++i)
      values.push_back(i * step);
    return values;
  }
  // 1, 2 and 5 times powers of ten; where those are too many, some of the powers alone.
  const double first = std::max(low, scale == Scale::kLogFromZero ? 1.0 : low);
  const double from = std::floor(std::log10(first)), to = std::ceil(std::log10(high));
  const bool few = std::log10(high / first) <= 3;
  const double stride = few ? 1 : std::ceil((to - from) / 8);
  if (low <= 0) values.push_back(0);
  for (double exponent = from; exponent <= to; exponent += stride) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double value = factor * std::pow(10.0, exponent);
      if ((few || factor == 1) && value >= low * 0.999 && value <= high * 1.001) values.push_back(value);
    }
  }
  return values;
}

}  // namespace coppice
