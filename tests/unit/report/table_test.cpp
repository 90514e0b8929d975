#include "report/table.h"

#include "coppice/error.h"

#include <gtest/gtest.h>

namespace coppice {
namespace {

TEST(Table, AlignsNumbersRightAndTextLeft) {
  Table table({"name", "value"});
  table.add_row({"a", "1.5"});
  table.add_row({"long name", "-20.25"});
  EXPECT_EQ(table.text(),
            "name        value\n"
            "---------  ------\n"
            "a             1.5\n"
            "long name  -20.25\n");
}

TEST(Table, CountsCharactersNotBytes) {
  Table table({"x", "y"});
  table.add_row({"1 ± 2", "z"});
  table.add_row({"10", "z"});
  EXPECT_EQ(table.text(), "    x  y\n-----  -\n1 ± 2  z\n   10  z\n");
}

TEST(Table, RefusesARowOfAnotherWidth) {
  Table table({"x"});
  EXPECT_THROW(table.add_row({"1", "2"}), Failure);
}

}  // namespace
}  // namespace coppice
