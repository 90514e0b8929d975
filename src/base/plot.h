#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace coppice {

/// How an axis spaces its values: evenly, by their logarithm, or by the logarithm of value + 1 (steps of
/// training from 0 on).
enum class Scale { kLinear, kLog, kLogFromZero };

struct Axis {
  std::string label;
  std::string unit{};  ///< Follows every number on the axis: "%".
  Scale scale = Scale::kLinear;
  bool reversed = false;  ///< x: the greatest value at the left end.
  /// The values it must show besides those drawn, and those it never goes beyond (accuracy: 0 and 100).
  std::vector<double> shown{};
  std::optional<double> least{}, greatest{};
};

struct PlotPoint {
  double x = 0, y = 0;
  std::optional<double> low{}, high{};  ///< An interval around y.
  std::string note{};                   ///< Shown where the pointer rests on the point.
};

/// A line through its points, in their order.
struct PlotSeries {
  std::string name;  ///< In the legend, which a picture of one series goes without.
  std::vector<PlotPoint> points;
  bool dashed = false;
  bool band = false;  ///< Intervals as an area; else as a bar at each point.
  bool marks = true;  ///< A dot at each point.
};

/// A value to compare with: a line across the picture.
struct PlotGuide {
  double y = 0;
  std::string name;
};

/// A picture of lines over one pair of axes.
struct Plot {
  std::string title;
  Axis x, y;
  std::vector<PlotSeries> series;
  std::vector<PlotGuide> guides;
};

/// One self-contained SVG element, the same bytes for the same plot. Points that are not finite, or not above
/// 0 on a logarithmic axis, are left out.
std::string to_svg(const Plot& plot);

/// Values for an axis' grid lines, ascending, between `low` and `high`: at most six, or where it is
/// logarithmic ten.
std::vector<double> grid_values(Scale scale, double low, double high);

}  // namespace coppice
