#include "base/plot.h"

#include <limits>

#include "gtest/gtest.h"

namespace coppice {
namespace {

using Values = std::vector<double>;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// 0..10 over 0..100, where every pixel can be worked out: x from 70 to 700, y from 344 down to 46.
Plot two_points() {
  Plot plot;
  plot.title = "A & B";
  plot.x = {.label = "steps"};
  plot.y = {.label = "accuracy", .unit = "%", .least = 0, .greatest = 100};
  plot.series = {{.name = "ticket", .points = {{.x = 0, .y = 0}, {.x = 10, .y = 100, .note = "a < b"}}}};
  return plot;
}

TEST(Plot, GridValuesAreRoundAndFew) {
  EXPECT_EQ(grid_values(Scale::kLinear, 0, 10), (Values{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(grid_values(Scale::kLinear, 0, 1).size(), 6u);
  EXPECT_EQ(grid_values(Scale::kLinear, -3, 3), (Values{-3, -2, -1, 0, 1, 2, 3}));
  EXPECT_EQ(grid_values(Scale::kLinear, 88, 91), (Values{88, 88.5, 89, 89.5, 90, 90.5, 91}));
  EXPECT_EQ(grid_values(Scale::kLinear, 4, 4), (Values{4}));
  EXPECT_EQ(grid_values(Scale::kLog, 3, 100), (Values{5, 10, 20, 50, 100}));
  EXPECT_EQ(grid_values(Scale::kLogFromZero, 0, 20), (Values{0, 1, 2, 5, 10, 20}));
  EXPECT_EQ(grid_values(Scale::kLogFromZero, 0, 5000), (Values{0, 1, 10, 100, 1000}));
}

TEST(Plot, PointsStandWhereTheAxesSay) {
  const std::string svg = to_svg(two_points());
  EXPECT_TRUE(has(svg, "<polyline points=\"70.0,344.0 700.0,46.0 \"")) << svg;
  EXPECT_TRUE(has(svg, ">40%</text>")) << svg;
  EXPECT_TRUE(has(svg, "rotate(-90)\" text-anchor=\"middle\" font-size=\"12\">accuracy</text>")) << svg;
  EXPECT_TRUE(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
}

TEST(Plot, ALogarithmicAxisMayRunBackwards) {
  Plot plot = two_points();
  plot.x = {.label = "density", .unit = "%", .scale = Scale::kLog, .reversed = true};
  plot.series[0].points = {{.x = 100, .y = 0}, {.x = 10, .y = 50}, {.x = 1, .y = 100}};
  EXPECT_TRUE(has(to_svg(plot), "\"70.0,344.0 385.0,195.0 700.0,46.0 \"")) << to_svg(plot);
}

TEST(Plot, StepsFromZeroHaveAPlaceForZero) {
  Plot plot = two_points();
  plot.x.scale = Scale::kLogFromZero;
  plot.series[0].points = {{.x = 0, .y = 0}, {.x = 9, .y = 50}, {.x = 99, .y = 100}};
  EXPECT_TRUE(has(to_svg(plot), "\"70.0,344.0 385.0,195.0 700.0,46.0 \"")) << to_svg(plot);
}

TEST(Plot, WhatIsWrittenIsEscaped) {
  const std::string svg = to_svg(two_points());
  EXPECT_TRUE(has(svg, ">A &amp; B</text>")) << svg;
  EXPECT_TRUE(has(svg, "<title>a &lt; b</title>")) << svg;
}

TEST(Plot, OnlySeveralSeriesNeedALegend) {
  Plot plot = two_points();
  EXPECT_FALSE(has(to_svg(plot), ">ticket</text>"));
  plot.series.push_back({.name = "shuffled", .points = {{.x = 5, .y = 50}}, .dashed = true});
  const std::string svg = to_svg(plot);
  EXPECT_TRUE(has(svg, ">ticket</text>") && has(svg, ">shuffled</text>")) << svg;
  EXPECT_LT(svg.find("385.0,195.0 "), svg.find("70.0,344.0 ")) << "the first series lies on top";
}

TEST(Plot, IntervalsAreBarsOrABand) {
  Plot plot = two_points();
  plot.series[0].points = {{.x = 0, .y = 0}, {.x = 10, .y = 50, .low = 25, .high = 100}};
  EXPECT_TRUE(has(to_svg(plot), "<line x1=\"700.0\" y1=\"269.5\" x2=\"700.0\" y2=\"46.0\"")) << to_svg(plot);
  EXPECT_FALSE(has(to_svg(plot), "<polygon"));
  plot.series[0].band = true;
  EXPECT_TRUE(has(to_svg(plot), "<polygon points=\"70.0,344.0 700.0,46.0 700.0,269.5 70.0,344.0 \""))
      << to_svg(plot);
}

TEST(Plot, GuidesAndShownValuesWidenTheAxes) {
  Plot plot = two_points();
  plot.series[0].points = {{.x = 0, .y = 0}, {.x = 5, .y = 50}};
  plot.guides = {{100, "dense"}};
  plot.x.shown = {10};
  const std::string svg = to_svg(plot);
  EXPECT_TRUE(has(svg, "\"70.0,344.0 385.0,195.0 \"")) << svg;
  EXPECT_TRUE(has(svg, "<line x1=\"70.0\" y1=\"46.0\" x2=\"700.0\" y2=\"46.0\" stroke=\"#b33\"")) << svg;
  EXPECT_TRUE(has(svg, ">dense</text>")) << svg;
}

TEST(Plot, PointsWithoutAPlaceAreLeftOut) {
  Plot plot = two_points();
  plot.x.scale = Scale::kLog;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  plot.series[0].points = {{.x = 0, .y = 50}, {.x = 1, .y = nan}, {.x = 1, .y = 0}, {.x = 10, .y = 100}};
  EXPECT_TRUE(has(to_svg(plot), "<polyline points=\"70.0,344.0 700.0,46.0 \"")) << to_svg(plot);
  plot.series.clear();
  EXPECT_TRUE(to_svg(plot).ends_with("</svg>\n"));
  EXPECT_FALSE(has(to_svg(plot), "nan"));
}

}  // namespace
}  // namespace coppice
