#include "ticket/curve.h"

#include <algorithm>

#include "gtest/gtest.h"

namespace coppice {
namespace {

LevelRecord record(std::int64_t replicate, std::int64_t level, double density, std::int64_t test_hits,
                   const std::string& branch = "") {
  LevelRecord record;
  record.branch = branch;
  record.replicate = replicate;
  record.level = level;
  record.density.of_prunable = density;
  record.final.validation = Tally{1000, 0, 900};
  record.final.test = Tally{1000, 0, test_hits};
  record.steps = 10;
  record.time_s = 2;
  return record;
}

std::size_t times(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(Curve, ARowPerReplicateAndLevelAndAPictureThatParses) {
  const std::vector<LevelRecord> records = {record(1, 0, 1, 880), record(1, 1, 0.8, 885)};
  const std::string csv = curve_csv(records);
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 3);
  EXPECT_NE(csv.find("\n1,1,0.8,"), std::string::npos) << csv;
  const std::string svg = curve_svg(summarise(records), "a<b & c");
  EXPECT_EQ(svg.find("a<b"), std::string::npos);
  EXPECT_NE(svg.find("a&lt;b &amp; c"), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_NO_THROW(curve_svg({}, ""));
}

TEST(Curve, ControlsHaveRowsOfTheirOwn) {
  const std::string csv = curve_csv({record(1, 0, 1, 880), record(1, 1, 0.8, 885)},
                                    {record(1, 1, 0.8, 870, "reinit"), record(1, 1, 0.8, 860, "shuffle")});
  EXPECT_TRUE(csv.starts_with("replicate,level,density_prunable,density_total,density_effective,kept,"));
  EXPECT_NE(csv.find(",energy_is,branch\n1,0,1,"), std::string::npos) << csv;
  EXPECT_EQ(times(csv, ",ticket\n"), 2u);
  EXPECT_NE(csv.find("\n1,1,0.8,1,1,0,0.9,0.87,"), std::string::npos) << csv;
  EXPECT_EQ(times(csv, ",reinit\n"), 1u);
  EXPECT_TRUE(csv.ends_with(",shuffle\n"));
  std::vector<std::size_t> commas;
  for (std::size_t from = 0, to; (to = csv.find('\n', from)) != std::string::npos; from = to + 1)
    commas.push_back(times(csv.substr(from, to - from), ","));
  EXPECT_EQ(commas, std::vector<std::size_t>(5, 16));
}

TEST(Curve, ThePictureShowsControlsWithTheirIntervals) {
  const std::vector<LevelRecord> own = {record(1, 0, 1, 880), record(1, 1, 0.5, 880), record(2, 0, 1, 884),
                                        record(2, 1, 0.5, 882)},
                                 controls = {record(1, 1, 0.5, 850, "reinit"),
                                             record(2, 1, 0.5, 852, "reinit")};
  const std::string svg = curve_svg(summarise(own), "x", summarise_controls(controls));
  for (const char* name : {">ticket</text>", ">re-initialised</text>", ">dense</text>"})
    EXPECT_EQ(times(svg, name), 1u) << name << svg;
  // 85.1 and t(0.975) = 12.7062 at one degree times 0.1 (the standard error of 85.0 and 85.2) = 1.27.
  EXPECT_NE(svg.find("re-initialised, level 1: 50.00% of the weights, 85.10% (83.83 to 86.37)"),
            std::string::npos)
      << svg;
  EXPECT_EQ(curve_svg(summarise(own), "x").find(">ticket</text>"), std::string::npos)
      << "one needs no legend";
  // A level without any weight has no place on a logarithmic axis.
  EXPECT_EQ(curve_svg(summarise({record(1, 0, 1, 880), record(1, 1, 0, 100)}), "x").find("inf"),
            std::string::npos);
}

}  // namespace
}  // namespace coppice
