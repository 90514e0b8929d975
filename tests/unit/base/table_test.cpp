#include "base/table.h"

#include "coppice/error.h"

#include "gtest/gtest.h"

namespace coppice {
namespace {

TEST(Table, AlignsNumbersRightAndWordsLeft) {
  Table table({"level", "kept %", "verdict"});
  table.add_row({"0", "100.00", "dense"});
  table.add_row({"12", "6.87", "<- the ticket"});
  EXPECT_EQ(table.text(),
            "level  kept %  verdict\n"
            "-----  ------  -------------\n"
            "    0  100.00  dense\n"
            "   12    6.87  <- the ticket\n");
}

TEST(Table, CountsCharactersNotBytes) {
  EXPECT_EQ(display_width("89.1 ± 0.2"), 10u);
  EXPECT_EQ(display_width("µs"), 2u);
  Table table({"a", "b"});
  table.add_row({"1.0 ± 0.2", "x"});
  table.add_row({"10.0 ± 0.2", "y"});
  EXPECT_EQ(table.text(),
            "         a  b\n"
            "----------  -\n"
            " 1.0 ± 0.2  x\n"
            "10.0 ± 0.2  y\n");
}

TEST(Table, EmptyCellsKeepAColumnNumericAndLinesHaveNoTrailingSpace) {
  Table table({"name", "change"});
  table.add_row({"dense"});
  table.add_row({"sparse", "-0.25"});
  EXPECT_EQ(table.text(),
            "name    change\n"
            "------  ------\n"
            "dense\n"
            "sparse   -0.25\n");
  EXPECT_THROW(table.add_row({"1", "2", "3"}), Failure);
}

}  // namespace
}  // namespace coppice
