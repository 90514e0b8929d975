// From TOML and --set to a Config, by the table of fields. Everything that is not in the table is an error.
#include "coppice/error.h"

#include <set>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "base/files.h"
#include "base/text.h"
#include "config/field.h"

namespace coppice {

namespace {

/// Where a value stands, for messages: "lenet.toml:12:3: train.batch" or "--set train.batch=x".
struct Place {
  std::string prefix;
  std::string key;
  [[noreturn]] void fail(const std::string& what) const {
    throw BadInput(fmt::format("{}{}: {}", prefix, key, what));
  }
};

/// Where a key or a value begins.
Place place_of(const std::string& source, const auto& key_or_node, std::string key) {
  const auto at = key_or_node.source().begin;
  return {fmt::format("{}:{}:{}: ", source, at.line, at.column), std::move(key)};
}

const char* type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string: return "a string";
    case toml::node_type::integer: return "an integer";
    case toml::node_type::floating_point: return "a number";
    case toml::node_type::boolean: return "true or false";
    case toml::node_type::array: return "a list";
    case toml::node_type::table: return "a table";
    default: return "a date or time";
  }
}

[[noreturn]] void wrong_type(const Place& place, const char* wanted, const toml::node& node) {
  place.fail(fmt::format("must be {}, not {}", wanted, type_name(node)));
}

Length read_length(const toml::node& node, const Place& place) {
  const auto text = node.value_exact<std::string>();
  if (!text) wrong_type(place, "a length such as \"40ep\" or \"500it\"", node);
  try {
    return Length::parse(*text);
  } catch (const BadInput& error) {
    place.fail(error.what());
  }
}

template <class T, class Read>
std::vector<T> read_list(const toml::node& node, const Place& place, const char* wanted, const Read& read) {
  const toml::array* array = node.as_array();
  if (!array) wrong_type(place, wanted, node);
  std::vector<T> out;
  for (const toml::node& item : *array) out.push_back(read(item));
  return out;
}

std::string read_string(const toml::node& node, const Place& place) {
  if (auto text = node.value_exact<std::string>()) return *text;
  wrong_type(place, "a string", node);
}

std::int64_t read_integer(const toml::node& node, const Place& place) {
  if (auto number = node.value_exact<std::int64_t>()) return *number;
  wrong_type(place, "an integer", node);
}

Op read_op(const toml::node& node, const Place& place) {
  const std::string text = read_string(node, place);
  std::vector<std::string> names;
  for (int i = 0; i <= static_cast<int>(Op::kDropout); ++i) {
    names.emplace_back(op_name(static_cast<Op>(i)));
    if (names.back() == text) return static_cast<Op>(i);
  }
  place.fail(
      fmt::format("'{}' is not an operation ({}){}", text, join(names, ", "), did_you_mean(text, names)));
}

/// Reads a TOML value into a slot and checks its range.
void read_slot(const Slot& slot, const Range& range, const toml::node& node, const Place& place) {
  if (const auto* v = std::get_if<std::string*>(&slot)) **v = read_string(node, place);
  if (const auto* v = std::get_if<std::int64_t*>(&slot)) **v = read_integer(node, place);
  if (const auto* v = std::get_if<std::uint64_t*>(&slot)) {
    const std::int64_t number = read_integer(node, place);
    if (number < 0) place.fail("must not be negative");
    **v = static_cast<std::uint64_t>(number);
  }
  if (const auto* v = std::get_if<double*>(&slot)) {
    if (!node.is_number()) wrong_type(place, "a number", node);
    **v = *node.value<double>();
  }
  if (const auto* v = std::get_if<bool*>(&slot)) {
    const auto flag = node.value_exact<bool>();
    if (!flag) wrong_type(place, "true or false", node);
    **v = *flag;
  }
  if (const auto* v = std::get_if<Op*>(&slot)) **v = read_op(node, place);
  if (const auto* v = std::get_if<Length*>(&slot)) **v = read_length(node, place);
  if (const auto* v = std::get_if<std::vector<std::string>*>(&slot)) {
    **v = read_list<std::string>(node, place, "a list of strings",
                                 [&](const toml::node& item) { return read_string(item, place); });
  }
  if (const auto* v = std::get_if<std::vector<std::int64_t>*>(&slot)) {
    **v = read_list<std::int64_t>(node, place, "a list of integers",
                                  [&](const toml::node& item) { return read_integer(item, place); });
  }
  if (const auto* v = std::get_if<std::vector<Length>*>(&slot)) {
    **v = read_list<Length>(node, place, "a list of lengths",
                            [&](const toml::node& item) { return read_length(item, place); });
  }
  if (const std::string error = range_error(slot, range); !error.empty()) place.fail(error);
}

template <class Entry>
std::vector<Entry> read_entries(const toml::node& node, const std::string& source, const std::string& key,
                                std::span<const EntryField<Entry>> table) {
  const toml::array* array = node.as_array();
  if (!array)
    wrong_type(place_of(source, node, key), fmt::format("a list of tables, [[{}]]", key).c_str(), node);
  std::vector<std::string> names;
  for (const auto& field : table) names.emplace_back(field.key);
  std::vector<Entry> entries;
  for (const toml::node& item : *array) {
    const toml::table* values = item.as_table();
    if (!values) wrong_type(place_of(source, item, key), "a table", item);
    Entry entry;
    std::set<std::string> seen;
    for (const auto& [name, value] : *values) {
      const std::string text(name.str());
      const Place place = place_of(source, value, key + "." + text);
      const auto field =
          std::find_if(table.begin(), table.end(), [&](const auto& f) { return f.key == text; });
      if (field == table.end()) {
        place_of(source, name, place.key).fail("unknown key" + did_you_mean(text, names));
      }
      read_slot(field->slot(entry), field->range, value, place);
      seen.insert(text);
    }
    const std::string needed(table.front().key);
    if (!seen.contains(needed))
      place_of(source, item, key).fail(fmt::format("an entry without '{}'", needed));
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::vector<std::string> all_keys() {
  std::vector<std::string> keys;
  for (const Field& field : fields()) {
    keys.emplace_back(field.key);
    if (const std::size_t dot = field.key.find('.'); dot != std::string_view::npos)
      keys.emplace_back(field.key.substr(0, dot));
  }
  keys.insert(keys.end(), {"model.layers", "prune.rule"});
  return keys;
}

const Field* find_field(std::string_view key) {
  for (const Field& field : fields()) {
    if (field.key == key) return &field;
  }
  return nullptr;
}

bool is_section(const std::string& key) {
  for (const Field& field : fields()) {
    if (field.key.starts_with(key + ".")) return true;
  }
  return false;
}

void read_table(const toml::table& table, const std::string& section, const std::string& source,
                Config& config) {
  for (const auto& [name, node] : table) {
    const std::string key =
        section.empty() ? std::string(name.str()) : section + "." + std::string(name.str());
    const Place place = place_of(source, node, key);
    if (key == "model.layers") {
      config.model.layers = read_entries<Node>(node, source, key, layer_fields());
    } else if (key == "prune.rule") {
      config.prune.rules = read_entries<PruneRule>(node, source, key, rule_fields());
    } else if (const Field* field = find_field(key)) {
      read_slot(field->slot(config), field->range, node, place);
    } else if (is_section(key)) {
      if (!node.is_table()) wrong_type(place, fmt::format("a table, [{}]", key).c_str(), node);
      read_table(*node.as_table(), key, source, config);
    } else {
      throw BadInput(fmt::format("{}unknown key '{}'{}", place_of(source, name, key).prefix, key,
                                 did_you_mean(key, all_keys())));
    }
  }
}

toml::table parse_toml(const std::string& text, const std::string& source) {
  try {
    return toml::parse(text, source);
  } catch (const toml::parse_error& error) {
    const auto at = error.source().begin;
    throw BadInput(fmt::format("{}:{}:{}: {}", source, at.line, at.column, error.description()));
  }
}

/// Applies one "key=value". The value is TOML; where it is not, or the key wants a string, it is taken
/// literally.
void apply_override(const std::string& text, Config& config) {
  const std::size_t equals = text.find('=');
  const Place place{"--set ", text};
  if (equals == std::string::npos || equals == 0) place.fail("must have the form key=value");
  const std::string key = text.substr(0, equals), value = text.substr(equals + 1);
  const Field* field = find_field(key);
  if (!field && (key == "model.layers" || key == "prune.rule"))
    place.fail("a list of tables: write it in the config file");
  if (!field) throw BadInput(fmt::format("--set: unknown key '{}'{}", key, did_you_mean(key, all_keys())));
  const Slot slot = field->slot(config);
  const bool text_wanted =
      std::holds_alternative<std::string*>(slot) || std::holds_alternative<Length*>(slot);
  const bool list_wanted = slot_type(slot).starts_with("list");
  toml::table parsed;
  try {
    parsed = toml::parse("value = " + value);
  } catch (const toml::parse_error&) {
  }
  toml::node* node = parsed.get("value");
  if (parsed.size() != 1 || !node || (text_wanted && !node->is_string())) {
    parsed = toml::table{{"value", value}};
    node = parsed.get("value");
  }
  if (list_wanted && !node->is_array()) {
    toml::array list;
    node->visit([&](const auto& item) { list.push_back(item); });
    parsed.insert_or_assign("value", std::move(list));
    node = parsed.get("value");
  }
  read_slot(slot, field->range, *node, {"--set ", key});
}

}  // namespace

Config parse_config(const std::string& text, const std::string& source,
                    const std::vector<std::string>& overrides) {
  Config config;
  read_table(parse_toml(text, source), "", source, config);
  for (const std::string& override_text : overrides) apply_override(override_text, config);
  check_config(config);
  return config;
}

Config load_config(const std::string& path, const std::vector<std::string>& overrides) {
  return parse_config(read_file(path), path, overrides);
}

}  // namespace coppice
