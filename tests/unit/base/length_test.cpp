#include "coppice/length.h"

#include "coppice/error.h"

#include "gtest/gtest.h"

namespace coppice {
namespace {

TEST(Length, ReadsItsThreeForms) {
  EXPECT_EQ(Length::parse("40ep"), (Length{40, 0}));
  EXPECT_EQ(Length::parse("500it"), (Length{0, 500}));
  EXPECT_EQ(Length::parse("2ep50it"), (Length{2, 50}));
  EXPECT_EQ(Length::parse("0it"), (Length{0, 0}));
  EXPECT_EQ(Length::parse("0ep"), (Length{0, 0}));
  EXPECT_EQ(Length::parse("1000000000ep"), (Length{1'000'000'000, 0}));
}

TEST(Length, RefusesEverythingElse) {
  for (const char* text : {"",
                           " ",
                           "40",
                           "ep",
                           "it",
                           "40 ep",
                           " 40ep",
                           "40ep ",
                           "-1ep",
                           "+1ep",
                           "1.5ep",
                           "1e3it",
                           "50it2ep",
                           "2ep2ep",
                           "5it5it",
                           "2ep50",
                           "2epit",
                           "40EP",
                           "40epochs",
                           "0x10it",
                           "1000000001it",
                           "99999999999999999999ep",
                           "2ep-5it",
                           "auto"}) {
    EXPECT_THROW(Length::parse(text), BadInput) << text;
  }
  try {
    Length::parse("40 epochs");
  } catch (const BadInput& error) {
    EXPECT_NE(std::string(error.what()).find("'40 epochs'"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("2ep50it"), std::string::npos);
  }
}

TEST(Length, WritesWhatItReads) {
  for (const char* text : {"40ep", "500it", "2ep50it", "0it"}) EXPECT_EQ(Length::parse(text).text(), text);
  EXPECT_EQ(Length::parse("0ep").text(), "0it");
}

TEST(Length, InSteps) {
  EXPECT_EQ((Length{2, 50}.in_steps(430)), 910);
  EXPECT_EQ((Length{1'000'000'000, 0}.in_steps(1'000'000)), 1'000'000'000'000'000);
}

}  // namespace
}  // namespace coppice
