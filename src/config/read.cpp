// From TOML and --set to a Config, by the table of fields. Everything that is not in the table is an error.
#include "coppice/error.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "base/files.h"
#include "base/text.h"
#include "config/read_slot.h"

namespace coppice {

namespace {

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
