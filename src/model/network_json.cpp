// The written form of a network: {"name", "input": [channels, height, width], "classes", "layers": [...]},
// where a layer has exactly the fields of [[model.layers]] in a config. Every field that an operation uses is
// written, so the same network is always the same bytes.
#include "coppice/error.h"
#include "coppice/network.h"

#include <algorithm>
#include <limits>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "model/node_fields.h"

namespace coppice {

namespace {

using Json = nlohmann::ordered_json;

/// Reads values out of an object, and says in whose field a value of the wrong type stands.
class Reader {
 public:
  Reader(const Json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object.is_object()) fail(fmt::format("is {}, not an object", object.type_name()));
  }

  void name_place(std::string where) { where_ = std::move(where); }

  void refuse_unknown(const std::vector<std::string>& known) const {
    for (const auto& [key, unused] : object_.items())
      if (std::find(known.begin(), known.end(), key) == known.end())
        fail(fmt::format("unknown field '{}'{} (fields: {})", key, did_you_mean(key, known),
                         join(known, ", ")));
  }

  bool has(std::string_view key) const { return object_.contains(key); }

  const Json& at(std::string_view key) const {
    const auto found = object_.find(key);
    if (found == object_.end()) fail(fmt::format("has no '{}'", key));
    return *found;
  }
  std::string text(std::string_view key) const { return text(at(key), key); }
  std::int64_t integer(std::string_view key) const { return integer(at(key), key); }
  bool boolean(std::string_view key) const {
    if (!at(key).is_boolean()) wrong_type(at(key), key, "true or false");
    return at(key).get<bool>();
  }
  double number(std::string_view key) const {
    if (!at(key).is_number()) wrong_type(at(key), key, "a number");
    return at(key).get<double>();
  }
  const Json& list(std::string_view key) const {
    if (!at(key).is_array()) wrong_type(at(key), key, "a list");
    return at(key);
  }
  std::vector<std::string> texts(std::string_view key) const {
    std::vector<std::string> all;
    for (const Json& value : list(key)) all.push_back(text(value, key));
    return all;
  }
  std::vector<std::int64_t> integers(std::string_view key) const {
    std::vector<std::int64_t> all;
    for (const Json& value : list(key)) all.push_back(integer(value, key));
    return all;
  }

  [[noreturn]] void fail(const std::string& message) const { throw BadInput(where_ + ": " + message); }

 private:
  [[noreturn]] void wrong_type(const Json& value, std::string_view key, std::string_view expected) const {
    fail(fmt::format("field '{}' is a JSON {}; it must be {}", key, value.type_name(), expected));
  }
  std::string text(const Json& value, std::string_view key) const {
    if (!value.is_string()) wrong_type(value, key, "a string");
    return value.get<std::string>();
  }
  std::int64_t integer(const Json& value, std::string_view key) const {
    constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
    if (!value.is_number_integer() || (value.is_number_unsigned() && value.get<std::uint64_t>() > kMost))
      wrong_type(value, key, "an integer");
    return value.get<std::int64_t>();
  }

  const Json& object_;
  std::string where_;
};

Json parse(std::string_view text) {
  // Without this the later of two equal keys would be dropped in silence.
  std::vector<std::set<std::string>> keys;
  const auto on_event = [&keys](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second)
      throw BadInput(fmt::format("network description: the key '{}' stands twice in one object",
                                 parsed.get<std::string>()));
    return true;
  };
  try {
    return Json::parse(text, on_event);
  } catch (const Json::parse_error& error) {
    throw BadInput(fmt::format("network description: not JSON, at byte {}", error.byte));
  } catch (const Json::exception& error) {
    throw BadInput(fmt::format("network description: {}", error.what()));
  }
}

Node read_node(const Json& json, std::size_t number) {
  Reader reader(json, fmt::format("network description, layer {}", number));
  Node node;
  node.name = reader.text("name");
  reader.name_place(fmt::format("network description, layer {} '{}'", number, node.name));
  const std::string op = reader.text("op");
  if (!find_op(op, node.op))
    reader.fail(fmt::format("unknown 'op' '{}'{} (operations: {})", op, did_you_mean(op, op_names()),
                            join(op_names(), ", ")));
  reader.refuse_unknown(field_names(node.op));
  if (reader.has("inputs")) node.inputs = reader.texts("inputs");
  for (const SizeField& field : size_fields())
    if (reader.has(field.name)) node.*field.member = reader.integer(field.name);
  if (reader.has("bias")) node.bias = reader.boolean("bias");
  if (reader.has("rate")) node.rate = reader.number("rate");
  return node;
}

Json node_json(const Node& node) {
  Json json = {{"op", op_name(node.op)}, {"name", node.name}, {"inputs", node.inputs}};
  for (const SizeField& field : size_fields())
    if (uses_field(node.op, field.name)) json[std::string(field.name)] = node.*field.member;
  if (uses_field(node.op, "bias")) json["bias"] = node.bias;
  if (uses_field(node.op, "rate")) json["rate"] = node.rate;
  return json;
}

}  // namespace

std::string to_json(const Network& network) {
  Json json = {{"name", network.name},
               {"input", {network.input.channels, network.input.height, network.input.width}},
               {"classes", network.classes},
               {"layers", Json::array()}};
  for (const Node& node : network.nodes) json["layers"].push_back(node_json(node));
  try {
    return json.dump();
  } catch (const Json::exception&) {
    throw BadInput("the name of the network or of one of its layers is not UTF-8; choose another");
  }
}

Network network_from_json(std::string_view json) {
  const Json parsed = parse(json);
  const Reader reader(parsed, "network description");
  reader.refuse_unknown({"name", "input", "classes", "layers"});
  Network network;
  network.name = reader.text("name");
  const std::vector<std::int64_t> input = reader.integers("input");
  if (input.size() != 3) reader.fail("field 'input' must be [channels, height, width]");
  network.input = {input[0], input[1], input[2], false};
  network.classes = reader.integer("classes");
  const Json& layers = reader.list("layers");
  for (std::size_t i = 0; i < layers.size(); ++i) network.nodes.push_back(read_node(layers[i], i + 1));
  return complete(std::move(network));
}

}  // namespace coppice
