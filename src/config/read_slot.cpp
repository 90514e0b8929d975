#include "config/read_slot.h"

#include "base/text.h"

namespace coppice {

namespace {

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

}  // namespace

void wrong_type(const Place& place, const char* wanted, const toml::node& node) {
  place.fail(fmt::format("must be {}, not {}", wanted, type_name(node)));
}

namespace {

Length read_length(const toml::node& node, const Place& place) {
  const auto text = node.value_exact<std::string>();
  if (!text) wrong_type(place, "a length such as \"40ep\" or \"500it\"", node);
  try {
    return Length::parse(*text);
  } catch (const BadInput& error) {
    place.fail(error.what());
  }
}

Moment read_moment(const toml::node& node, const Range& range, const Place& place) {
  const auto text = node.value_exact<std::string>();
  for (const std::string& word : range.choices) {
    if (text == word) return {.word = word};
  }
  const std::string words = join(range.choices, ", ");
  if (!text) wrong_type(place, fmt::format("a length such as \"500it\", or {}", words).c_str(), node);
  try {
    return {.length = Length::parse(*text)};
  } catch (const BadInput& error) {
    place.fail(fmt::format("{}; or one of these words: {}{}", error.what(), words,
                           did_you_mean(*text, range.choices)));
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

}  // namespace

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
  if (const auto* v = std::get_if<Moment*>(&slot)) **v = read_moment(node, range, place);
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

}  // namespace coppice
