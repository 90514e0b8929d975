#include "coppice/checkpoint.h"

#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "fuzz/safetensors_cases.h"
#include "support/samples.h"
#include "support/scratch.h"

namespace coppice {
namespace {

namespace fs = std::filesystem;

SafetensorsFile parse(const std::string& bytes) {
  return parse_safetensors(std::as_bytes(std::span(bytes)), "file.safetensors");
}

TEST(Safetensors, WritesTheDocumentedBytes) {
  const Scratch scratch;
  Tensors tensors;
  tensors["b"] = tensor(DType::kU8, {3}, std::vector<std::uint8_t>{7, 8, 9});
  tensors["a"] = tensor(DType::kU8, {1}, std::vector<std::uint8_t>{6});
  tensors["w"] = tensor(DType::kF32, {1, 1}, std::vector<float>{1.0f});
  tensors["n"] = tensor(DType::kI64, {}, std::vector<std::int64_t>{5});
  write_safetensors(scratch / "x", tensors, {{"k", "v"}});
  // Larger elements first, then by name; 8 bytes of length; spaces up to a multiple of 8.
  std::string header = R"({"__metadata__":{"k":"v"},)"
                       R"("n":{"dtype":"I64","shape":[],"data_offsets":[0,8]},)"
                       R"("w":{"dtype":"F32","shape":[1,1],"data_offsets":[8,12]},)"
                       R"("a":{"dtype":"U8","shape":[1],"data_offsets":[12,13]},)"
                       R"("b":{"dtype":"U8","shape":[3],"data_offsets":[13,16]}})";
  while (header.size() % 8 != 0) header += ' ';
  std::string expected(8, '\0');
  expected[0] = static_cast<char>(header.size() & 0xFF);
  expected[1] = static_cast<char>(header.size() >> 8);
  expected += header;
  expected += std::string("\5\0\0\0\0\0\0\0\0\0\x80\x3f\6\7\x08\x09", 16);
  EXPECT_EQ(read_file(scratch / "x"), expected);
}

TEST(Safetensors, EveryTypeComesBackBitForBit) {
  const Scratch scratch;
  const Metadata metadata = {{"network", "{\"a\": \"\\\"\"}"}, {"", ""}, {"text", "line\n\xe2\x82\xac"}};
  write_safetensors(scratch / "x", samples(), metadata);
  const SafetensorsFile file = read_safetensors(scratch / "x");
  EXPECT_EQ(file.tensors, samples());
  EXPECT_EQ(file.metadata, metadata);
  EXPECT_EQ(parse(read_file(scratch / "x")).tensors, samples());
  write_safetensors(scratch / "y", file.tensors, file.metadata);
  EXPECT_EQ(read_file(scratch / "x"), read_file(scratch / "y"));
}

TEST(Safetensors, NothingAtAllIsAFileToo) {
  const Scratch scratch;
  write_safetensors(scratch / "x", {}, {});
  EXPECT_EQ(read_file(scratch / "x"), std::string("\x08\0\0\0\0\0\0\0{}      ", 16));
  EXPECT_TRUE(read_safetensors(scratch / "x").tensors.empty());
}

TEST(Safetensors, EveryBrokenFileIsRefusedNamingPlaceAndFault) {
  for (const SafetensorsCase& one : safetensors_cases()) {
    SCOPED_TRACE(one.name);
    if (one.complaint.empty()) {
      EXPECT_NO_THROW(parse(one.bytes));
    } else {
      std::vector<std::string> words = one.complaint;
      words.push_back("file.safetensors: ");
      expect_refusal([&] { parse(one.bytes); }, words);
    }
  }
}

TEST(Safetensors, EveryCutOfAFileIsRefused) {
  const Scratch scratch;
  write_safetensors(scratch / "x", samples(), {{"k", "v"}});
  const std::string whole = read_file(scratch / "x");
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_THROW(parse(whole.substr(0, size)), BadInput) << size;
}

TEST(Safetensors, AHeaderBeyondTheFormatsBoundIsRefusedBeforeItIsRead) {
  const Scratch scratch;
  const std::uint64_t length = 150'000'000;
  std::ofstream(scratch / "x", std::ios::binary).write(reinterpret_cast<const char*>(&length), 8) << '{';
  fs::resize_file(scratch / "x", 200'000'000);  // sparse
  expect_refusal([&] { read_safetensors(scratch / "x"); }, {"150000000", "longer than 100000000"});
}

TEST(Safetensors, WhatIsNoFileIsRefused) {
  const Scratch scratch;
  expect_refusal([&] { read_safetensors(scratch / "missing"); }, {scratch / "missing", "No such file"});
  expect_refusal([&] { read_safetensors(scratch.folder().string()); }, {"folder"});
  expect_refusal([&] { read_safetensors("/dev/zero"); }, {"/dev/zero", "regular file"});
  ASSERT_EQ(mkfifo((scratch / "pipe").c_str(), 0600), 0);
  expect_refusal([&] { read_safetensors(scratch / "pipe"); }, {"regular file"});
}

TEST(Safetensors, WhatTheFormatCannotHoldIsNotWritten) {
  const Scratch scratch;
  const Tensor one = Tensor::zeros(DType::kU8, {1});
  expect_refusal([&] { write_safetensors(scratch / "x", {{"__metadata__", one}}); }, {"__metadata__"});
  expect_refusal([&] { write_safetensors(scratch / "x", {{"\xff", one}}); }, {"tensor name", "UTF-8"});
  expect_refusal([&] { write_safetensors(scratch / "x", {}, {{"\xff", ""}}); }, {"metadata key", "UTF-8"});
  expect_refusal([&] { write_safetensors(scratch / "x", {}, {{"", "\xff"}}); }, {"metadata value", "UTF-8"});
  Tensor wrong = one;
  wrong.bytes.resize(2);
  expect_refusal<Failure>([&] { write_safetensors(scratch / "x", {{"wrong", wrong}}); }, {"wrong"});
  EXPECT_TRUE(fs::is_empty(scratch.folder()));
}

TEST(Safetensors, AFailedWriteLeavesTheOldFileAndNoOther) {
  const Scratch scratch;
  write_safetensors(scratch / "x", samples());
  const std::string before = read_file(scratch / "x");
  Tensor wrong = Tensor::zeros(DType::kU8, {1});
  wrong.bytes.clear();
  EXPECT_THROW(write_safetensors(scratch / "x", {{"wrong", wrong}}), Failure);
  EXPECT_EQ(read_file(scratch / "x"), before);
  EXPECT_EQ(std::distance(fs::directory_iterator(scratch.folder()), {}), 1);
  expect_refusal<Failure>([&] { write_safetensors(scratch / "no/folder", {}); },
                          {scratch / "no/folder", "No such"});
}

}  // namespace
}  // namespace coppice
