#include "config/field.h"

#include <cmath>

#include <fmt/format.h>

#include "base/text.h"

namespace coppice {

namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04X}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

/// Shortest text that reads back to the same number, and reads as a float.
std::string number_text(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

template <class List, class Text>
std::string list_text(const List& list, const Text& text) {
  std::vector<std::string> items;
  for (const auto& item : list) items.push_back(text(item));
  return "[" + join(items, ", ") + "]";
}

std::string number_error(double value, const Range& range) {
  const bool low_ok = range.low_open ? value > range.low : value >= range.low;
  const bool high_ok = range.high_open ? value < range.high : value <= range.high;
  if (low_ok && high_ok) return "";  // NaN fails both
  return fmt::format("{} is out of range: {}", value, range_text(range));
}

}  // namespace

std::string slot_text(const Slot& slot) {
  return std::visit(Overloaded{
                        [](const std::string* v) { return quoted(*v); },
                        [](const std::int64_t* v) { return fmt::format("{}", *v); },
                        [](const std::uint64_t* v) { return fmt::format("{}", *v); },
                        [](const double* v) { return number_text(*v); },
                        [](const bool* v) { return std::string(*v ? "true" : "false"); },
                        [](const Op* v) { return quoted(op_name(*v)); },
                        [](const Length* v) { return quoted(v->text()); },
                        [](const Moment* v) { return quoted(v->text()); },
                        [](const std::vector<std::string>* v) { return list_text(*v, quoted); },
                        [](const std::vector<std::int64_t>* v) {
                          return list_text(*v, [](std::int64_t i) { return fmt::format("{}", i); });
                        },
                        [](const std::vector<Length>* v) {
                          return list_text(*v, [](const Length& l) { return quoted(l.text()); });
                        },
                    },
                    slot);
}

std::string slot_type(const Slot& slot) {
  return std::visit(Overloaded{
                        [](const std::string*) { return "string"; },
                        [](const std::int64_t*) { return "integer"; },
                        [](const std::uint64_t*) { return "integer"; },
                        [](const double*) { return "number"; },
                        [](const bool*) { return "true or false"; },
                        [](const Op*) { return "operation"; },
                        [](const Length*) { return "length"; },
                        [](const Moment*) { return "length or word"; },
                        [](const std::vector<std::string>*) { return "list of strings"; },
                        [](const std::vector<std::int64_t>*) { return "list of integers"; },
                        [](const std::vector<Length>*) { return "list of lengths"; },
                    },
                    slot);
}

std::string range_text(const Range& range) {
  if (!range.choices.empty()) return join(range.choices, ", ");
  const bool low = std::isfinite(range.low), high = std::isfinite(range.high);
  const char* low_sign = range.low_open ? "<" : "<=";
  const char* high_sign = range.high_open ? "<" : "<=";
  if (low && high) return fmt::format("{} {} x {} {}", range.low, low_sign, high_sign, range.high);
  if (low) return fmt::format("x {} {}", range.low_open ? ">" : ">=", range.low);
  return "";
}

std::string range_error(const Slot& slot, const Range& range) {
  if (const auto* v = std::get_if<double*>(&slot)) return number_error(**v, range);
  if (const auto* v = std::get_if<std::int64_t*>(&slot)) return number_error(static_cast<double>(**v), range);
  if (const auto* v = std::get_if<std::uint64_t*>(&slot))
    return number_error(static_cast<double>(**v), range);
  if (const auto* v = std::get_if<std::vector<std::int64_t>*>(&slot)) {
    for (const std::int64_t item : **v) {
      if (std::string error = number_error(static_cast<double>(item), range); !error.empty()) return error;
    }
  }
  if (const auto* v = std::get_if<std::string*>(&slot); v && !range.choices.empty()) {
    for (const std::string& choice : range.choices) {
      if (choice == **v) return "";
    }
    return fmt::format("'{}' is not one of {}{}", **v, join(range.choices, ", "),
                       did_you_mean(**v, range.choices));
  }
  return "";
}

}  // namespace coppice
