#include <random>

#include "fuzz/network_json.cpp"
#include "unit/model/networks.h"

namespace coppice {
namespace {

TEST(NetworkJson, KnownBytes) {
  Node drop = node(Op::kDropout, "d");
  drop.rate = 0.1;
  Node last = linear("fc", 2);
  last.bias = false;
  const Network network =
      complete({"tiny", {1, 4, 4, false}, 2, {conv("c", 3, 3), node(Op::kGlobalAvgPool, "g"), drop, last}});
  EXPECT_EQ(to_json(network),
            R"({"name":"tiny","input":[1,4,4],"classes":2,"layers":[)"
            R"({"op":"conv","name":"c","inputs":["x"],"out":3,"kernel":3,"stride":1,"padding":0,)"
            R"("dilation":1,"bias":true},)"
            R"({"op":"global_avg_pool","name":"g","inputs":["c"]},)"
            R"({"op":"dropout","name":"d","inputs":["g"],"rate":0.1},)"
            R"({"op":"linear","name":"fc","inputs":["d"],"out":2,"bias":false}]})");
}

TEST(NetworkJson, EveryFamilyComesBackEqual) {
  std::vector<Network> networks = {branching()};
  for (const std::string& name : network_names())
    networks.push_back(build_network(name, {3, 32, 32, false}, 10));
  for (const Network& network : networks) {
    const std::string json = to_json(network);
    const Network back = network_from_json(json);
    EXPECT_EQ(back, network) << network.name;
    EXPECT_EQ(to_json(back), json) << network.name;
  }
}

TEST(NetworkJson, LeavesOutWhatHasADefault) {
  const Network network = network_from_json(
      R"({"name":"n","input":[1,4,4],"classes":2,"layers":[{"op":"flatten","name":"f"},{"op":"linear","name":"fc","out":2}]})");
  EXPECT_EQ(network, complete({"n", {1, 4, 4, false}, 2, {node(Op::kFlatten, "f"), linear("fc", 2)}}));
}

TEST(NetworkJson, MistakesNameLayerAndField) {
  const std::string head =
      R"({"name":"n","input":[1,4,4],"classes":2,"layers":[{"op":"flatten","name":"f"},)";
  const auto layer = [&](const std::string& text) { return head + text + "]}"; };
  const std::vector<std::pair<std::string, std::vector<std::string>>> mistakes = {
      {"", {"not JSON"}},
      {"[]", {"array", "not an object"}},
      {"{", {"not JSON", "byte 2"}},
      {"\"\xff\"", {"not JSON"}},
      {"{}", {"no 'name'"}},
      {R"({"name":1})", {"'name'", "number", "string"}},
      {R"({"nam":"n"})", {"unknown field 'nam'", "did you mean 'name'"}},
      {R"({"name":"n","name":"m"})", {"'name'", "twice"}},
      {R"({"name":"n","input":[1,4],"classes":2,"layers":[]})", {"'input'", "[channels, height, width]"}},
      {R"({"name":"n","input":[1,4,"4"],"classes":2,"layers":[]})", {"'input'", "string", "integer"}},
      {R"({"name":"n","input":[1,4,4],"classes":2.0,"layers":[]})", {"'classes'", "integer"}},
      {R"({"name":"n","input":[1,4,4],"classes":2,"layers":{}})", {"'layers'", "list"}},
      {R"({"name":"n","input":[1,4,4],"classes":2,"layers":[]})", {"no layers"}},
      {R"({"name":"n","input":[1,4,4],"classes":2,"layers":[3]})", {"layer 1", "number", "not an object"}},
      {layer(R"({"op":"linear","out":2})"), {"layer 2", "no 'name'"}},
      {layer(R"({"name":"fc","out":2})"), {"layer 2 'fc'", "no 'op'"}},
      {layer(R"({"op":"lineer","name":"fc","out":2})"),
       {"layer 2 'fc'", "'lineer'", "did you mean 'linear'"}},
      {layer(R"({"op":"linear","name":"fc","ouy":2})"), {"layer 2 'fc'", "'ouy'", "did you mean 'out'"}},
      {layer(R"({"op":"linear","name":"fc","out":2,"kernel":1})"), {"layer 2 'fc'", "'kernel'"}},
      {layer(R"({"op":"linear","name":"fc","out":2,"out":3})"), {"'out'", "twice"}},
      {layer(R"({"op":"linear","name":"fc","out":"2"})"), {"layer 2 'fc'", "'out'", "string", "integer"}},
      {layer(R"({"op":"linear","name":"fc","out":2.5})"), {"layer 2 'fc'", "'out'", "integer"}},
      {layer(R"({"op":"linear","name":"fc","out":18446744073709551615})"),
       {"layer 2 'fc'", "'out'", "integer"}},
      {layer(R"({"op":"linear","name":"fc","out":-3})"), {"'fc'", "'out' is -3"}},
      {layer(R"({"op":"linear","name":"fc"})"), {"'fc'", "needs 'out'"}},
      {layer(R"({"op":"linear","name":"fc","out":2,"bias":"False"})"),
       {"layer 2 'fc'", "'bias'", "true or false"}},
      {layer(R"({"op":"linear","name":"fc","out":2,"bias":0})"), {"layer 2 'fc'", "'bias'", "true or false"}},
      {layer(R"({"op":"linear","name":"fc","out":2,"inputs":"f"})"), {"layer 2 'fc'", "'inputs'", "list"}},
      {layer(R"({"op":"linear","name":"fc","out":2,"inputs":[0]})"), {"layer 2 'fc'", "'inputs'", "string"}},
      {layer(R"({"op":"dropout","name":"d","rate":"0.5"})"), {"layer 2 'd'", "'rate'", "number"}},
  };
  for (const auto& [json, words] : mistakes) {
    SCOPED_TRACE(json);
    expect_words(message_of([&text = json] { network_from_json(text); }), words);
  }
}

TEST(NetworkJson, ANameThatIsNotUtf8IsRefused) {
  Network network = branching();
  network.name = "\xff";
  expect_words(message_of([&] { to_json(network); }), {"UTF-8"});
}

TEST(NetworkJson, DeepNestingIsRefusedNotOverflowed) {
  expect_words(message_of([] { network_from_json(std::string(1'000'000, '[')); }), {"not JSON"});
  const std::string deep = std::string(300'000, '[') + std::string(300'000, ']');
  expect_words(message_of([&] { network_from_json(deep); }), {"not an object"});
}

TEST(NetworkJson, SeededMutationsAreRefusedOrRead) {
  const std::vector<std::string> seeds = {to_json(branching()),
                                          to_json(build_network("lenet-300-100", {1, 28, 28, false}, 10))};
  const std::vector<std::string> pieces = {
      "\"", "{",   "}",    "[",    "]",     ",",       ":",       "-",           "0",
      "9",  "1e9", "null", "true", "\"x\"", "\"out\"", "\"add\"", "\"flatten\"", "99999999999999999999",
      "\\"};
  std::mt19937 random(20240607);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  for (int round = 0; round < 6000; ++round) {
    std::string text = seeds[below(seeds.size())];
    for (std::size_t edits = 1 + below(4); edits > 0; --edits) {
      const std::size_t at = below(text.size()), length = std::min(below(12), text.size() - at);
      switch (below(4)) {
        case 0: text[at] = static_cast<char>(random()); break;
        case 1: text.erase(at, length); break;
        case 2: text.insert(at, pieces[below(pieces.size())]); break;
        default: text.insert(below(text.size()), text.substr(at, length));
      }
      if (text.empty()) text = "{";
    }
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  }
}

}  // namespace
}  // namespace coppice
