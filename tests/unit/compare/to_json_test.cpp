// The document that scripts hold on to.
#include "compare/to_json.h"

#include "gtest/gtest.h"

namespace coppice {
namespace {

using Json = nlohmann::ordered_json;

Comparison made_up() {
  Comparison comparison;
  comparison.run = "runs/lenet-1";
  comparison.level = 7;
  comparison.density = 0.21;
  comparison.calibration.memory = {{"L1", 32e3, 100}, {"DRAM", 0, 10}};
  comparison.accuracy = {10000, 0.9, 0.89, 0.88};
  ModelComparison model;
  model.batch = 16;
  model.threads = 2;
  model.runs = "sparse plan";
  model.plan = {0.002, 0.001, 0.003};
  model.dense = {0.008, 0.007, 0.009};
  model.dense_kernel = "libtorch";
  model.slim = {0.006, 0.005, 0.007};
  model.slim_kernel = "onednn prepacked";
  model.speedup = {4, 3.5, 4.5};
  model.slim_speedup = {3, 2.5, 3.5};
  model.dense_flops = 1000;
  model.sparse_flops = 100;
  model.dense_limit = 0.004;
  model.plan_limit = 0.001;
  model.limit_speedup = 4;
  model.attained = 0.5;
  model.packed_bytes = 800;
  model.dense_weight_bytes = 4000;
  model.max_rel_error = 1e-6;
  model.energy = {Energy::measured(2, "rapl"), Energy::measured(8, "rapl"), 0.9};
  comparison.models = {model};
  comparison.notes = {"this is a note"};
  return comparison;
}

TEST(CompareJson, HasWhatTheInterfacePromises) {
  const Json json = to_json(made_up());
  for (const char* key : {"machine", "calibration", "accuracy", "model", "layers", "notes"})
    EXPECT_TRUE(json.contains(key)) << key;
  EXPECT_EQ(json["run"], "runs/lenet-1");
  EXPECT_EQ(json["level"], 7);
  EXPECT_EQ(json["device"], "cpu");
  EXPECT_EQ(json["precision"], "fp32");
  EXPECT_EQ(json["accuracy"]["dense"], 0.9);
  EXPECT_EQ(json["accuracy"]["ticket_dense_kernels"], 0.89);
  EXPECT_EQ(json["accuracy"]["ticket_sparse_kernels"], 0.88);
  EXPECT_EQ(json["layers"], Json::array());
  EXPECT_EQ(json["notes"], Json({"this is a note"}));
  const Json& model = json["model"].at(0);
  EXPECT_EQ(model["batch"], 16);
  EXPECT_EQ(model["dense_ms"], (Json{{"median", 8.0}, {"low", 7.0}, {"high", 9.0}}));
  EXPECT_EQ(model["sparse_ms"], (Json{{"median", 2.0}, {"low", 1.0}, {"high", 3.0}}));
  EXPECT_EQ(model["dense_without_dead_units_ms"]["median"], 6.0);
  EXPECT_EQ(model["speedup"], (Json{{"median", 4.0}, {"low", 3.5}, {"high", 4.5}}));
  EXPECT_EQ(model["speedup_without_dead_units"]["median"], 3.0);
  EXPECT_EQ(model["dense_kernel"], "libtorch");
  EXPECT_EQ(model["limit_speedup"], 4.0);
  EXPECT_EQ(model["dense_limit_ms"], 4.0);
  EXPECT_EQ(model["sparse_limit_ms"], 1.0);
  EXPECT_EQ(model["attained"], 0.5);
  EXPECT_EQ(model["weight_bytes"], (Json{{"dense", 4000}, {"packed", 800}}));
  EXPECT_EQ(model["agreement"]["max_rel_error"], 1e-6);
}

TEST(CompareJson, WithoutTheDenseWeightsThereIsNoDenseAccuracy) {
  Comparison comparison = made_up();
  comparison.accuracy.dense.reset();
  EXPECT_TRUE(to_json(comparison)["accuracy"].at("dense").is_null());
}

TEST(CompareJson, EnergyIsWhatIsKnownAndNeverZero) {
  Comparison comparison = made_up();
  Json model = to_json(comparison)["model"][0];
  EXPECT_EQ(model["energy"]["dense"]["joules"], 8.0);
  EXPECT_EQ(model["energy"]["sparse"]["joules"], 2.0);
  EXPECT_EQ(model["energy"]["sparse"]["source"], "rapl");
  EXPECT_EQ(model["energy"]["sparse"]["sparse_flop_per_joule"], 50.0);
  EXPECT_EQ(model["energy"]["sparse"]["dense_equivalent_flop_per_joule"], 500.0);
  EXPECT_FALSE(model["energy"]["sparse"].contains("carbon"));

  comparison.carbon_g_per_kwh = 3600;  // a gram is a kilojoule
  model = to_json(comparison)["model"][0];
  EXPECT_DOUBLE_EQ(model["energy"]["sparse"]["carbon"]["grams"], 0.002);

  comparison.models[0].energy.plan = Energy::estimate(65, 2);
  model = to_json(comparison)["model"][0];
  EXPECT_EQ(model["energy"]["sparse"]["estimate_joules"], 130.0);
  EXPECT_EQ(model["energy"]["sparse"]["assumed_watts"], 65.0);
  EXPECT_FALSE(model["energy"]["sparse"].contains("joules"));
  EXPECT_FALSE(model["energy"]["sparse"].contains("sparse_flop_per_joule"));
  EXPECT_DOUBLE_EQ(model["energy"]["sparse"]["carbon"]["estimate_grams"], 0.13);

  comparison.models[0].energy.plan = Energy::unavailable("no counter");
  model = to_json(comparison)["model"][0];
  EXPECT_EQ(model["energy"]["sparse"]["unavailable"], "no counter");
  EXPECT_FALSE(model["energy"]["sparse"].contains("joules"));
}

}  // namespace
}  // namespace coppice
