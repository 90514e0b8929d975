#include "base/table.h"

#include "coppice/error.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

namespace coppice {

std::size_t display_width(std::string_view text) {
  // Every byte but the continuations 10xxxxxx begins a character.
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// Begins with a digit, perhaps after a sign or "<".
static bool is_number(std::string_view cell) {
  const std::size_t first = cell.find_first_not_of("+-<.");
  return first != std::string_view::npos && std::isdigit(static_cast<unsigned char>(cell[first]));
}

Table::Table(std::vector<std::string> headers) : headers_(std::move(headers)) {}

void Table::add_row(std::vector<std::string> cells) {
  if (cells.size() > headers_.size()) {
    throw Failure(fmt::format("internal: a row of {} cells in a table of {}", cells.size(), headers_.size()));
  }
  cells.resize(headers_.size());
  rows_.push_back(std::move(cells));
}

std::string Table::text() const {
  const std::size_t columns = headers_.size();
  std::vector<std::size_t> width(columns);
  std::vector<bool> numeric(columns);
  for (std::size_t j = 0; j < columns; ++j) {
    width[j] = display_width(headers_[j]);
    bool any = false, all = true;
    for (const auto& row : rows_) {
      width[j] = std::max(width[j], display_width(row[j]));
      any |= is_number(row[j]);
      all &= row[j].empty() || row[j] == "-" || is_number(row[j]);
    }
    numeric[j] = any && all;
  }
  std::string text;
  const auto add_line = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (std::size_t j = 0; j < columns; ++j) {
      const std::string padding(width[j] - display_width(cells[j]), ' ');
      if (j > 0) line += "  ";
      line += numeric[j] ? padding + cells[j] : cells[j] + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  };
  add_line(headers_);
  std::vector<std::string> rule;
  for (const std::size_t w : width) rule.emplace_back(w, '-');
  add_line(rule);
  for (const auto& row : rows_) add_line(row);
  return text;
}

}  // namespace coppice
