#pragma once
#include <string>
#include <vector>

namespace coppice {

/// An aligned text table: a line of headers, a rule, the rows. Columns whose cells all begin like numbers are aligned
/// to the right. Widths count characters, not bytes (UTF-8).
class Table {
 public:
  explicit Table(std::vector<std::string> headers);
  /// As many cells as there are headers.
  void add_row(std::vector<std::string> cells);
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;  ///< The first one is the headers.
};

}  // namespace coppice
