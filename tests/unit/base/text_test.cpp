#include "base/text.h"

#include "gtest/gtest.h"

namespace coppice {
namespace {

TEST(Glob, StarsAndQuestionMarks) {
  const auto yes = [](const char* pattern, const char* text) {
    EXPECT_TRUE(matches_glob(pattern, text)) << pattern << ' ' << text;
  };
  const auto no = [](const char* pattern, const char* text) {
    EXPECT_FALSE(matches_glob(pattern, text)) << pattern << ' ' << text;
  };
  yes("", "");
  yes("fc", "fc");
  yes("*", "");
  yes("*", "layer1.0.conv1.weight");
  yes("layer?.*.conv1", "layer1.0.conv1");
  yes("*.weight", "fc.weight");
  yes("a*b*c", "a.b.b.c");
  yes("***a", "bba");
  yes("?*", "x");
  yes("a*?b", "aXb");
  yes("*ab", "aab");
  no("", "x");
  no("fc", "fc1");
  no("fc1", "fc");
  no("?", "");
  no("*.weight", "fc.weights");
  no("a*b*c", "a.c.b");
  no("a*?b", "ab");
  no("[ab]", "a");  // only * and ? are special
  yes("[ab]", "[ab]");
  yes("*", "*");
}

TEST(Glob, ManyStarsTakeNoLongTime) {
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "*a";
  EXPECT_FALSE(matches_glob(pattern + "b", std::string(2000, 'a')));
}

TEST(Nearest, FindsTheClosestWithinAThird) {
  const std::vector<std::string> keys = {"fraction", "levels", "scope", "prune.fraction", "lr"};
  EXPECT_EQ(nearest("fracton", keys), "fraction");
  EXPECT_EQ(nearest("prune.fracton", keys), "prune.fraction");
  EXPECT_EQ(nearest("level", keys), "levels");
  EXPECT_EQ(nearest("rl", keys), "lr");
  EXPECT_EQ(nearest("momentum", keys), "");
  EXPECT_EQ(nearest("scope", keys), "scope");
  EXPECT_EQ(nearest("x", {}), "");
  EXPECT_EQ(nearest("ab", {"xaby", "xabyz"}),
            "xaby");  // two changes are within the least bound, three are not
  EXPECT_EQ(nearest("ab", {"xabyz"}), "");
  EXPECT_EQ(nearest("aa", {"ab", "ac"}), "ab");  // the first of equals
}

TEST(Nearest, DidYouMean) {
  EXPECT_EQ(did_you_mean("fracton", {"fraction"}), "; did you mean 'fraction'?");
  EXPECT_EQ(did_you_mean("something", {"else"}), "");
}

TEST(Text, Join) {
  EXPECT_EQ(join({}, ", "), "");
  EXPECT_EQ(join({"a"}, ", "), "a");
  EXPECT_EQ(join({"a", "b", "c"}, ", "), "a, b, c");
  EXPECT_EQ(join({"", "b"}, ","), ",b");
}

TEST(Text, Grouped) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(266200), "266,200");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(grouped(-100), "-100");
  EXPECT_EQ(grouped(-123456), "-123,456");
}

TEST(Text, Duration) {
  EXPECT_EQ(duration_text(0.4213), "0.42 s");
  EXPECT_EQ(duration_text(37.2), "37 s");
  EXPECT_EQ(duration_text(250), "4 min 10 s");
  EXPECT_EQ(duration_text(7500), "2 h 05 min");
  EXPECT_EQ(duration_text(120), "2 min 00 s");
}

TEST(Text, Bytes) {
  EXPECT_EQ(bytes_text(512), "512 B");
  EXPECT_EQ(bytes_text(1024), "1.0 KiB");
  EXPECT_EQ(bytes_text(1.2 * 1048576), "1.2 MiB");
  EXPECT_EQ(bytes_text(5e15), "4547.5 TiB");
}

}  // namespace
}  // namespace coppice
