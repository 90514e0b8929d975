// That Python reads these files is in interop_test.cpp; here: what a reader cannot tell.
#include "coppice/checkpoint.h"

#include <filesystem>

#include "base/files.h"
#include "support/samples.h"
#include "support/scratch.h"

namespace coppice {
namespace {

TEST(StateDict, TheSameTensorsGiveTheSameBytes) {
  const Scratch scratch;
  write_state_dict(scratch / "a", samples());
  write_state_dict(scratch / "b", samples());
  EXPECT_EQ(read_file(scratch / "a"), read_file(scratch / "b"));
}

TEST(StateDict, DataStartsAtMultiplesOf64) {
  const Scratch scratch;
  write_state_dict(scratch / "a", samples());
  const std::string bytes = read_file(scratch / "a");
  int entries = 0;
  for (std::size_t at = bytes.find("PK\3\4"); at != std::string::npos;
       at = bytes.find("PK\3\4", at + 1), ++entries) {
    const auto u16 = [&](std::size_t i) {
      return static_cast<unsigned char>(bytes[at + i]) + 256u * static_cast<unsigned char>(bytes[at + i + 1]);
    };
    EXPECT_EQ((at + 30 + u16(26) + u16(28)) % 64, 0u);
  }
  EXPECT_EQ(entries, static_cast<int>(samples().size()) + 3);
}

TEST(StateDict, TheOrderMustNameEveryTensorOnce) {
  const Scratch scratch;
  const Tensor one = Tensor::zeros(DType::kF32, {1});
  const Tensors tensors = {{"a", one}, {"b", one}};
  expect_refusal([&] { write_state_dict(scratch / "x", tensors, {"b"}); }, {"leaves out \"a\""});
  expect_refusal([&] { write_state_dict(scratch / "x", tensors, {"b", "b"}); }, {"\"b\" twice"});
  expect_refusal([&] { write_state_dict(scratch / "x", tensors, {"b", "a", "c"}); }, {"\"c\"", "no tensor"});
  expect_refusal([&] { write_state_dict(scratch / "x", {{"\xff", one}}); }, {"UTF-8"});
  Tensor wrong = one;
  wrong.bytes.clear();
  expect_refusal<Failure>([&] { write_state_dict(scratch / "x", {{"wrong", wrong}}); }, {"wrong"});
  EXPECT_TRUE(std::filesystem::is_empty(scratch.folder()));
}

}  // namespace
}  // namespace coppice
