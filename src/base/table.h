#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace coppice {

/// Columns that a UTF-8 text takes on a terminal where every character takes one.
std::size_t display_width(std::string_view text);

/// An aligned plain-text table. Columns whose cells are all numbers (with a sign, unit or "±") are aligned to
/// the right, others to the left.
class Table {
 public:
  explicit Table(std::vector<std::string> headers);
  /// Missing cells are empty. Throws Failure where there are more cells than headers.
  void add_row(std::vector<std::string> cells);
  /// Headers, a rule, and the rows, each line ended by a newline.
  std::string text() const;

 private:
  std::vector<std::string> headers_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace coppice
