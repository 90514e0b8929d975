#include "report/table.h"

#include <algorithm>
#include <cctype>

#include "coppice/error.h"

namespace coppice {

/// Characters: bytes that do not continue one.
static std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

static bool like_number(const std::string& text) {
  const std::size_t sign = !text.empty() && (text[0] == '+' || text[0] == '-');
  return text.empty() || text == "-" || (text.size() > sign && std::isdigit(static_cast<unsigned char>(text[sign])) != 0);
}

Table::Table(std::vector<std::string> headers) { rows_.push_back(std::move(headers)); }

void Table::add_row(std::vector<std::string> cells) {
  if (cells.size() != rows_.front().size()) throw Failure("internal: a table's row has another number of cells");
  rows_.push_back(std::move(cells));
}

std::string Table::text() const {
  const std::size_t columns = rows_.front().size();
  std::vector<std::size_t> widths(columns, 0);
  std::vector<bool> right(columns, rows_.size() > 1);
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    for (std::size_t c = 0; c < columns; ++c) {
      widths[c] = std::max(widths[c], width_of(rows_[r][c]));
      if (r > 0 && !like_number(rows_[r][c])) right[c] = false;
    }
  }
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string out;
    for (std::size_t c = 0; c < columns; ++c) {
      const std::string space(widths[c] - width_of(cells[c]), ' ');
      out += (c ? "  " : "") + (right[c] ? space + cells[c] : cells[c] + space);
    }
    out.erase(out.find_last_not_of(' ') + 1);
    return out + "\n";
  };
  std::string out = line(rows_.front());
  std::vector<std::string> rule;
  for (const std::size_t width : widths) rule.push_back(std::string(width, '-'));
  out += line(rule);
  for (std::size_t r = 1; r < rows_.size(); ++r) out += line(rows_[r]);
  return out;
}

}  // namespace coppice
