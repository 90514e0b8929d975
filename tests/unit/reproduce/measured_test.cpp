#include "reproduce/measured.h"

#include "gtest/gtest.h"

namespace coppice {
namespace {

LevelRecord record(std::int64_t replicate, std::int64_t level, double density, std::int64_t hits,
                   const std::string& branch = "") {
  LevelRecord record;
  record.branch = branch;
  record.replicate = replicate;
  record.level = level;
  record.density.of_prunable = density;
  record.final.test = Tally{1000, 0, hits};
  return record;
}

using Values = std::vector<double>;

TEST(Measured, ARunIsACurveAndOneForEachControl) {
  Measured measured;
  add_run(measured, "a",
          {record(1, 0, 1, 900), record(1, 1, 0.5, 910), record(2, 0, 1, 902), record(2, 1, 0.5, 914)},
          {record(1, 1, 0.5, 850, "reinit"), record(2, 1, 0.5, 852, "reinit")});
  ASSERT_EQ(measured.size(), 2u);
  EXPECT_EQ(measured.at("a").dense, (Values{90, 90.2}));
  ASSERT_EQ(measured.at("a").points.size(), 1u);
  EXPECT_EQ(measured.at("a").points[0].accuracies, (Values{91, 91.4}));
  EXPECT_EQ(measured.at("a/reinit").dense, (Values{90, 90.2}));
  EXPECT_EQ(measured.at("a/reinit").points[0].accuracies, (Values{85, 85.2}));
}

TEST(Measured, SeveralRunsMayMakeUpOneCurve) {
  Measured measured;
  add_run(measured, "a", {record(1, 0, 1, 900), record(1, 1, 0.01, 700)}, {});
  add_run(measured, "a", {record(1, 0, 1, 901), record(1, 1, 0.1, 800)}, {});
  EXPECT_EQ(measured.at("a").dense, (Values{90}));
  ASSERT_EQ(measured.at("a").points.size(), 2u);
  EXPECT_EQ(measured.at("a").points[0].density, 0.1) << "the densest comes first";
}

TEST(Measured, ThePointNearestToADensityWithinHalfALevel) {
  MeasuredCurve curve;
  for (const double density : {0.8, 0.64, 0.512}) curve.points.push_back({density, {}});
  EXPECT_EQ(point_at(curve, 0.7)->density, 0.64);
  EXPECT_EQ(point_at(curve, 0.73)->density, 0.8);
  EXPECT_EQ(point_at(curve, 0.89)->density, 0.8);  // 0.8 x 1.118 = 0.8944
  EXPECT_EQ(point_at(curve, 0.9), nullptr);
  EXPECT_EQ(point_at(curve, 0.45), nullptr);
  EXPECT_EQ(point_at(curve, 0), nullptr);
}

TEST(Measured, TheTableHasARowPerDensity) {
  Measured measured;
  add_run(measured, "a", {record(1, 0, 1, 900), record(1, 1, 0.5, 910)}, {});
  add_run(measured, "b", {record(1, 0, 1, 901), record(1, 1, 0.5001, 800), record(1, 2, 0.25, 700)}, {});
  EXPECT_EQ(accuracy_table(measured),
            "kept %      a      b\n"
            "------  -----  -----\n"
            "100.00  90.00  90.10\n"
            " 50.01  91.00  80.00\n"
            " 25.00         70.00\n");
}

}  // namespace
}  // namespace coppice
