#include "measure/energy.h"

#include "gtest/gtest.h"

namespace coppice {
namespace {

using Json = nlohmann::ordered_json;

TEST(Energy, JsonSaysHowItIsKnown) {
  EXPECT_EQ(to_json(Energy::measured(12.5, "rapl")).dump(), R"({"joules":12.5,"source":"rapl"})");
  EXPECT_EQ(to_json(Energy::estimate(65, 2)).dump(), R"({"estimate_joules":130.0,"assumed_watts":65.0})");
  EXPECT_EQ(to_json(Energy::unavailable("no")).dump(), R"({"unavailable":"no"})");
  Energy full = Energy::measured(12.5, "nvml");
  full.net_joules = 2.5;
  full.reliable = false;
  for (const Energy& energy :
       {full, Energy::measured(1, "rapl"), Energy::estimate(65, 2), Energy::unavailable("why")}) {
    EXPECT_EQ(energy_from_json(to_json(energy)), energy) << to_json(energy);
  }
  for (const char* broken : {"{}", "[]", "3", R"({"joules": 1})", R"({"joules": "many", "source": "rapl"})",
                             R"({"estimate_joules": 1})", R"({"unavailable": 0})"}) {
    EXPECT_THROW(energy_from_json(Json::parse(broken)), nlohmann::json::exception) << broken;
  }
}

TEST(Energy, NothingKnownIsNotZero) {
  EXPECT_FALSE(Energy{}.known());
  EXPECT_FALSE(to_json(Energy{}).at("unavailable").get<std::string>().empty());
}

TEST(Energy, TheTotalIsKnownWhereAllPartsAreKnownAlike) {
  const Energy a = Energy::measured(3, "rapl"), b = Energy::measured(4, "rapl");
  EXPECT_EQ(total_energy({a, b}), Energy::measured(7, "rapl"));
  EXPECT_EQ(total_energy({a, Energy::unavailable("lost"), b}), Energy::unavailable("lost"));
  EXPECT_FALSE(total_energy({}).known());
  EXPECT_FALSE(total_energy({a, Energy::estimate(65, 1)}).known());
  EXPECT_FALSE(total_energy({a, Energy::measured(3, "nvml")}).known());
  EXPECT_EQ(total_energy({Energy::estimate(65, 1), Energy::estimate(65, 3)}), Energy::estimate(65, 4));
  // 10 W for 1 s and 40 W for 2 s: 90 J in 3 s.
  EXPECT_EQ(total_energy({Energy::estimate(10, 1), Energy::estimate(40, 2)}), Energy::estimate(30, 3));
}

TEST(Energy, TheTotalIsAsReliableAsItsParts) {
  Energy brief = Energy::measured(1, "rapl"), net = Energy::measured(5, "rapl");
  brief.reliable = false;
  net.net_joules = 2;
  EXPECT_FALSE(total_energy({net, brief}).reliable);
  EXPECT_FALSE(total_energy({net, brief}).net_joules.has_value());
  EXPECT_EQ(total_energy({net, net}).net_joules, 4);
}

TEST(Energy, TextCarriesTheLabel) {
  EXPECT_EQ(energy_text(Energy::measured(812.4, "rapl")), "812 J (rapl)");
  EXPECT_EQ(energy_text(Energy::measured(0.0123, "rapl")), "0.0123 J (rapl)");
  EXPECT_EQ(energy_text(Energy::measured(23456, "rapl")), "23.46 kJ (rapl)");
  EXPECT_EQ(energy_text(Energy::estimate(65, 2)), "ESTIMATE 130 J (65 W assumed)");
  EXPECT_EQ(energy_text(Energy::unavailable("no counter")), "not measurable here (no counter)");
  Energy brief = Energy::measured(1, "rapl");
  brief.reliable = false;
  EXPECT_EQ(energy_text(brief), "1 J (rapl, unreliable: measured over less than 2 s)");
}

TEST(Energy, CarbonKeepsTheLabel) {
  EXPECT_DOUBLE_EQ(carbon_grams(7.2e6, 400), 800);  // 2 kWh
  EXPECT_EQ(carbon_text(Energy::measured(3.6e5, "rapl"), 400), "40 g CO2e");
  EXPECT_EQ(carbon_text(Energy::estimate(100, 3600), 400), "ESTIMATE 40 g CO2e");
  EXPECT_EQ(carbon_text(Energy::unavailable("x"), 400), "");
  EXPECT_EQ(carbon_text(Energy::measured(1, "rapl"), 0), "");
  EXPECT_EQ(carbon_json(Energy::measured(7.2e6, "rapl"), 400).dump(), R"({"grams":800.0,"g_per_kwh":400.0})");
  EXPECT_EQ(carbon_json(Energy::estimate(7.2e6, 1), 400).dump(),
            R"({"estimate_grams":800.0,"g_per_kwh":400.0})");
  EXPECT_EQ(carbon_json(Energy::unavailable("x"), 400).dump(), R"({"unavailable":"x"})");
}

}  // namespace
}  // namespace coppice
