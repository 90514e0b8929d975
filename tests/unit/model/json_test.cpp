#include "coppice/error.h"
#include "coppice/network.h"

#include <random>

#include "gtest/gtest.h"

namespace coppice {
namespace {

TEST(NetworkJson, KnownBytes) {
  Network network{"tiny", {1, 4, 4, false}, 2, {}};
  network.nodes.push_back({.op = Op::kConv, .name = "c", .inputs = {}, .out = 3, .kernel = 3});
  network.nodes.push_back({.op = Op::kGlobalAvgPool, .name = "g", .inputs = {}});
  network.nodes.push_back({.op = Op::kDropout, .name = "d", .inputs = {}, .rate = 0.1});
  network.nodes.push_back({.op = Op::kLinear, .name = "fc", .inputs = {}, .out = 2, .bias = false});
  EXPECT_EQ(to_json(complete(network)),
            R"({"name":"tiny","input":[1,4,4],"classes":2,"layers":[)"
            R"({"op":"conv","name":"c","inputs":["x"],"out":3,"kernel":3,"stride":1,"padding":0,)"
            R"("dilation":1,"bias":true},)"
            R"({"op":"global_avg_pool","name":"g","inputs":["c"]},)"
            R"({"op":"dropout","name":"d","inputs":["g"],"rate":0.1},)"
            R"({"op":"linear","name":"fc","inputs":["d"],"out":2,"bias":false}]})");
}

TEST(NetworkJson, EveryFamilyComesBackEqual) {
  for (const std::string& name : network_names()) {
    const Network network = build_network(name, {3, 32, 32, false}, 10);
    const std::string json = to_json(network);
    const Network back = network_from_json(json);
    EXPECT_EQ(back, network) << name;
    EXPECT_EQ(to_json(back), json) << name;
  }
}

}  // namespace
}  // namespace coppice
