// What is written from the table of fields: the canonical config, its hash, differences and help.
#include <fmt/format.h>

#include "base/sha256.h"
#include "config/field.h"

namespace coppice {

namespace {

Slot slot_of(const Field& field, const Config& config) {
  return field.slot(const_cast<Config&>(config));  // only read below
}

std::string_view section_of(std::string_view key) {
  const std::size_t dot = key.find('.');
  return dot == std::string_view::npos ? "" : key.substr(0, dot);
}

std::string_view leaf_of(std::string_view key) {
  const std::size_t dot = key.find('.');
  return dot == std::string_view::npos ? key : key.substr(dot + 1);
}

/// Entries of a list of tables; keys that hold their default are left out, so that what remains is what
/// matters.
template <class Entry>
std::string entries_text(std::string_view header, const std::vector<Entry>& entries,
                         std::span<const EntryField<Entry>> table) {
  std::string out;
  for (const Entry& entry : entries) {
    Entry copy = entry, fresh;
    out += fmt::format("\n[[{}]]\n", header);
    for (const EntryField<Entry>& field : table) {
      const std::string text = slot_text(field.slot(copy));
      if (field.key == "op" || field.key == "match" || text != slot_text(field.slot(fresh))) {
        out += fmt::format("{} = {}\n", field.key, text);
      }
    }
  }
  return out;
}

std::string layers_text(const Config& config) {
  return entries_text<Node>("model.layers", config.model.layers, layer_fields());
}
std::string rules_text(const Config& config) {
  return entries_text<PruneRule>("prune.rule", config.prune.rules, rule_fields());
}

}  // namespace

std::string dump_config(const Config& config) {
  std::string out;
  std::string_view section;
  for (const Field& field : fields()) {
    if (section_of(field.key) != section) {
      if (section == "model") out += layers_text(config);
      if (section == "prune") out += rules_text(config);
      section = section_of(field.key);
      out += fmt::format("\n[{}]\n", section);
    }
    out += fmt::format("{} = {}\n", leaf_of(field.key), slot_text(slot_of(field, config)));
  }
  return out;
}

std::string identity_text(std::span<const Field> table, const Config& config) {
  std::string out;
  for (const Field& field : table) {
    const std::string text = slot_text(slot_of(field, config));
    const bool frozen = !field.frozen_default.empty() && text == field.frozen_default;
    if (field.kind == Kind::kIdentity && !frozen) out += fmt::format("{} = {}\n", field.key, text);
  }
  return out + layers_text(config) + rules_text(config);
}

std::string identity_hash(const Config& config, const IdentityContent& content) {
  Sha256 sha;
  sha.add(identity_text(fields(), config));
  sha.add(fmt::format("data {}\nweights {}\ndevice {}\n", content.data_sha256, content.weights_sha256,
                      content.device_type));
  return sha.hex().substr(0, 8);
}

std::vector<std::string> identity_differences(const Config& a, const Config& b) {
  std::vector<std::string> out;
  for (const Field& field : fields()) {
    const std::string left = slot_text(slot_of(field, a)), right = slot_text(slot_of(field, b));
    if (field.kind != Kind::kExtent && left != right)
      out.push_back(fmt::format("{}: {} -> {}", field.key, left, right));
  }
  if (layers_text(a) != layers_text(b)) out.push_back("model.layers");
  if (rules_text(a) != rules_text(b)) out.push_back("prune.rule");
  return out;
}

std::vector<FieldHelp> config_help() {
  std::vector<FieldHelp> rows;
  const Config defaults;
  for (const Field& field : fields()) {
    const Slot slot = slot_of(field, defaults);
    rows.push_back({std::string(field.key), slot_type(slot), slot_text(slot), range_text(field.range),
                    std::string(field.help), field.kind != Kind::kExtent});
  }
  const auto add_entries = [&](const char* header, const auto& table, auto fresh) {
    for (const auto& field : table) {
      const Slot slot = field.slot(fresh);
      rows.push_back({fmt::format("[[{}]] {}", header, field.key), slot_type(slot), slot_text(slot),
                      range_text(field.range), std::string(field.help), true});
    }
  };
  add_entries("model.layers", layer_fields(), Node{});
  add_entries("prune.rule", rule_fields(), PruneRule{});
  return rows;
}

std::string config_markdown() {
  std::string out =
      "# Config keys\n\nWritten by `coppice prune --help-config --markdown`. *identity*: another value is "
      "another run; the\n"
      "rest only extends a run or says where things are.\n\n"
      "| key | default | type | valid | identity | meaning |\n|---|---|---|---|---|---|\n";
  for (const FieldHelp& row : config_help()) {
    out += fmt::format("| `{}` | `{}` | {} | {} | {} | {} |\n", row.key, row.default_value, row.type,
                       row.range, row.identity ? "yes" : "", row.help);
  }
  return out;
}

}  // namespace coppice
