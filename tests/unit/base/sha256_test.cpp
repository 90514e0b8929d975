#include "base/sha256.h"

#include "coppice/error.h"

#include "base/files.h"
#include "gtest/gtest.h"
#include "support/scratch.h"

namespace coppice {
namespace {

std::string sha256(std::string_view text) {
  Sha256 sha;
  sha.add(text);
  return sha.hex();
}

// The examples of FIPS 180-4 (and its predecessor 180-2), and the digest of nothing.
TEST(Sha256, StandardExamples) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PiecesOfAnySizeGiveTheSameDigest) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += static_cast<char>(i * 7);
  for (std::size_t piece = 1; piece < 150; ++piece) {
    Sha256 sha;
    for (std::size_t i = 0; i < text.size(); i += piece) sha.add(std::string_view(text).substr(i, piece));
    ASSERT_EQ(sha.hex(), sha256(text)) << piece;
  }
}

TEST(Sha256, OfAFile) {
  const Scratch scratch;
  const std::string content(3'000'000, 'x');  // more than one of the pieces it is read in
  write_file_atomically(scratch / "x", content);
  EXPECT_EQ(sha256_of_file(scratch / "x"), sha256(content));
  write_file_atomically(scratch / "x", "");
  EXPECT_EQ(sha256_of_file(scratch / "x"), sha256(""));
  EXPECT_THROW(sha256_of_file(scratch / "missing"), BadInput);
  EXPECT_THROW(sha256_of_file(scratch.folder()), BadInput);
}

}  // namespace
}  // namespace coppice
