#include "report/connect_report.h"

#include <cmath>

#include <gtest/gtest.h>

#include "report/instability_report.h"

namespace coppice {
namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Validation errors in percent over three points.
LinearPath path(std::int64_t first, std::int64_t middle, std::int64_t last) {
  const auto tally = [](std::int64_t error) { return Tally{100, 50, 100 - error}; };
  return {{0, 0.5, 1},
          {{Split::kTrain, {tally(0), tally(1), tally(0)}},
           {Split::kValidation, {tally(first), tally(middle), tally(last)}},
           {Split::kTest, {tally(first), tally(90), tally(last)}}}};
}

Connection connection() {
  return {{{.run = "runs/small-12345678", .level = 7}, 0.21},
          {{.run = "runs/small-12345678/", .replicate = 2, .branch = "shuffle", .level = 7}, 0.21},
          "union",
          path(10, 25, 20)};
}

TEST(ConnectReport, SaysTheBarrierAndWhatDecides) {
  const std::string text = connection_text(connection());
  EXPECT_TRUE(has(text, "alpha 0: small-12345678, level 7 (21.0% of the weights)\n")) << text;
  EXPECT_TRUE(has(text, "small-12345678, replicate 2, control shuffle, level 7")) << text;
  EXPECT_TRUE(has(text, "10.00 pp on validation (100 examples; loss 0.0000)")) << text;
  EXPECT_TRUE(has(text, "NOT linearly connected: the barrier on validation is not below 2 pp")) << text;
  EXPECT_TRUE(has(text, "\n0.500           1.00  0.5000               25.00  0.5000")) << text;
  Connection close = connection();
  close.path = path(10, 11, 10);
  EXPECT_TRUE(has(connection_text(close), "\nLinearly connected: the barrier on validation is below 2 pp"))
      << "although the test error rises: it decides nothing";
}

TEST(ConnectReport, ACopySaysWhatItTook) {
  Connection line = connection();
  line.b = line.a;
  line.b.again = true;
  line.cost = Expense{1200, 2, Energy::unavailable("no counter")};
  const std::string text = connection_text(line);
  EXPECT_TRUE(has(text, "alpha 1: small-12345678, level 7 on other batches (21.0%")) << text;
  EXPECT_TRUE(
      has(text, "Training the copy took 1,200 steps, 2.00 s; energy: not measurable here (no counter)"))
      << text;
  EXPECT_EQ(to_json(line)["cost"]["steps"], 1200);
  EXPECT_EQ(connection_name(line), "level-07--level-07-again");
}

TEST(ConnectReport, JsonCsvPictureAndName) {
  const Connection line = connection();
  const auto json = nlohmann::ordered_json::parse(to_json(line).dump());
  EXPECT_EQ(json["decided_on"], "validation");
  EXPECT_DOUBLE_EQ(json["barrier_pp"].get<double>(), 10);
  EXPECT_EQ(json["connected"], false);
  EXPECT_EQ(json["a"]["control"], nullptr);
  EXPECT_EQ(json["b"]["control"], "shuffle");
  EXPECT_EQ(json["b"]["replicate"], 2);
  EXPECT_DOUBLE_EQ(json["path"]["test"]["error"][1].get<double>(), 0.9);
  EXPECT_EQ(connection_csv(line),
            "alpha,train_error,train_loss,validation_error,validation_loss,test_error,test_loss\n"
            "0,0,0.5,0.1,0.5,0.1,0.5\n"
            "0.5,0.01,0.5,0.25,0.5,0.9,0.5\n"
            "1,0,0.5,0.2,0.5,0.2,0.5\n");
  EXPECT_TRUE(has(connection_svg(line), "small-12345678-level-07 to small-12345678-r2-shuffle-level-07"));
  EXPECT_EQ(connection_name(line), "level-07--r2-shuffle-level-07");
  Connection other = line;
  other.b.name.run = "elsewhere/other-9abcdef0";
  EXPECT_EQ(connection_name(other), "level-07--other-9abcdef0-r2-shuffle-level-07");
}

Instability instability(const std::vector<std::pair<std::int64_t, std::int64_t>>& step_and_middle) {
  Instability out;
  out.folder = "runs/instability-small-12345678";
  out.steps_per_epoch = 10;
  out.length = 100;
  for (const auto& [step, middle] : step_and_middle) {
    Parting parting;
    parting.step = step;
    parting.epoch = static_cast<double>(step) / 10;
    parting.path = path(10, middle, 10);
    out.partings.push_back(parting);
  }
  return out;
}

TEST(InstabilityReport, MeansOverReplicatesDecide) {
  Instability two = instability({{0, 30}, {20, 11}, {0, 40}, {20, 13}});
  two.partings[2].replicate = two.partings[3].replicate = 2;
  const std::vector<InstabilityRow> rows = summarise(two);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].replicates, 2);
  EXPECT_NEAR(rows[0].barriers[1].mean_pp, 25, 1e-12);
  EXPECT_NEAR(rows[0].barriers[1].sd_pp, std::sqrt(50), 1e-12);  // 20 and 30
  EXPECT_NEAR(rows[1].barriers[1].mean_pp, 2, 1e-12);
  EXPECT_FALSE(rows[0].stable || rows[1].stable) << "2 pp is not below 2 pp";
  const std::string text = instability_text(two);
  EXPECT_TRUE(has(text, "25.00 ± 7.07")) << text;
  EXPECT_TRUE(has(text, "Not stable at the last of the steps tried")) << text;
  EXPECT_TRUE(has(instability_csv(two), "\n2,20,2,validation,3,0,0.1,")) << instability_csv(two);
}

TEST(InstabilityReport, StableFromMeansAllLaterOnesToo) {
  const Instability found = instability({{0, 11}, {10, 30}, {20, 11}, {40, 10}});
  const std::string text = instability_text(found);
  EXPECT_TRUE(has(text, "Stable from step 20 on, of the steps tried")) << text;
  const auto json = nlohmann::ordered_json::parse(to_json(found).dump());
  EXPECT_EQ(json["stable_from"], 20);
  EXPECT_EQ(json["steps"][0]["stable"], true);
  EXPECT_EQ(json["steps"][1]["stable"], false);
  EXPECT_EQ(json["partings"].size(), 4u);
  EXPECT_EQ(to_json(instability({{0, 30}}))["stable_from"], nullptr);
  const std::string svg = instability_svg(found, "small");
  EXPECT_TRUE(has(svg, "small: instability") && has(svg, "stable below")) << svg;
}

}  // namespace
}  // namespace coppice
