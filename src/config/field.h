#pragma once
#include "coppice/config.h"

#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace coppice {

/// Where a field's value lives in a Config (or in one entry of a list of tables).
using Slot = std::variant<std::string*, std::int64_t*, std::uint64_t*, double*, bool*, Op*, Length*, Moment*,
                          std::vector<std::string>*, std::vector<std::int64_t>*, std::vector<Length>*>;

/// What a field means for a run.
enum class Kind {
  kIdentity,  ///< Part of what the run computes: hashed into its folder's name.
  kExtent,    ///< How far the run goes: raising it continues the same folder.
  kPlace,     ///< Only says where content is; the content itself is hashed.
};

/// Valid values: numbers in [low, high], or one of `choices` (of a Moment: its words, beside lengths). An
/// open bound excludes the bound itself.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false, high_open = false;
  std::vector<std::string> choices;
};

/// The one declaration of a config key, from which reader, --set, help, canonical dump, hash and
/// documentation come.
struct Field {
  std::string_view key;
  Slot (*slot)(Config&);
  Kind kind = Kind::kIdentity;
  Range range;
  std::string_view help;
  /// For a key added after a release: its default at that time, as the dump writes it. While the value equals
  /// this, the key stays out of the hash, so that folders of older runs keep their names.
  std::string_view frozen_default = {};
};

/// A key of an entry of [[model.layers]] or [[prune.rule]].
template <class Entry>
struct EntryField {
  std::string_view key;
  Slot (*slot)(Entry&);
  Range range;
  std::string_view help;
};

std::span<const Field> fields();  ///< In the order in which configs are written.
std::span<const EntryField<Node>> layer_fields();
std::span<const EntryField<PruneRule>> rule_fields();

/// The value as TOML writes it; `parse_config` reads it back to the same value.
std::string slot_text(const Slot& slot);
std::string slot_type(const Slot& slot);     ///< "string", "integer", "number", "length", ...
std::string range_text(const Range& range);  ///< "0 < x <= 1" or "a, b, c"; empty where all is valid.

/// Empty if the value is within the range, else what is wrong.
std::string range_error(const Slot& slot, const Range& range);

/// The lines over which `identity_hash` runs; for a given table, so that tests can add fields.
std::string identity_text(std::span<const Field> table, const Config& config);

}  // namespace coppice
