#include "io/masks.h"

#include "coppice/checkpoint.h"

#include "base/files.h"
#include "support/samples.h"
#include "support/scratch.h"

namespace coppice {
namespace {

Masks sample_masks() {
  Masks masks = {
      {"z.weight", Mask::ones({3, 10})}, {"a.weight", Mask::ones({4, 2, 3, 3})}, {"m", Mask::ones({5})}};
  for (NamedMask& named : masks) {
    for (std::int64_t i = 0; i < named.mask.size(); i += 3) named.mask.set(i, false);
  }
  return masks;
}

SafetensorsFile sample_file() {
  const Scratch scratch;
  write_masks(scratch / "x", sample_masks(), {{"level", "3"}});
  return read_safetensors(scratch / "x");
}

TEST(MaskFile, ComesBackInItsOrder) {
  const Scratch scratch;
  for (const Masks& masks : {sample_masks(), Masks{}, Masks{{"empty", Mask::ones({0, 3})}}}) {
    write_masks(scratch / "x", masks, {{"level", "3"}});
    EXPECT_EQ(read_masks(scratch / "x"), masks);
  }
}

TEST(MaskFile, HoldsTheDocumentedTensors) {
  const SafetensorsFile file = sample_file();
  EXPECT_EQ(file.metadata.at("order"), R"(["z.weight","a.weight","m"])");
  EXPECT_EQ(file.metadata.at("level"), "3");
  EXPECT_EQ(file.tensors.size(), 6u);
  EXPECT_EQ(file.tensors.at("a.weight.bitmask").shape, (std::vector<std::int64_t>{4, 3}));
  EXPECT_EQ(file.tensors.at("a.weight.shape"),
            tensor(DType::kI64, {4}, std::vector<std::int64_t>{4, 2, 3, 3}));
  // Kept: all but 0, 3, 6, 9 in the first row of z.weight: bytes 10110110 and 01, least significant bit
  // first.
  const auto bits = file.tensors.at("z.weight.bitmask").as<std::uint8_t>();
  EXPECT_EQ(bits[0], 0b10110110);
  EXPECT_EQ(bits[1], 0b01);
}

TEST(MaskFile, IsAsSmallAsBits) {
  const Scratch scratch;
  write_masks(scratch / "x", {{"w", Mask::ones({1000, 1000})}});
  EXPECT_LT(read_file(scratch / "x").size(), 125'000u + 300);
}

TEST(MaskFile, TwoMasksOfOneNameAreNotWritten) {
  const Scratch scratch;
  EXPECT_THROW(write_masks(scratch / "x", {{"w", Mask::ones({2})}, {"w", Mask::ones({2})}}), BadInput);
}

TEST(MaskFile, WhatIsNoMaskFileIsRefused) {
  const auto refused = [](const auto& change, const std::vector<std::string>& words) {
    SafetensorsFile file = sample_file();
    change(file);
    std::vector<std::string> all = words;
    all.push_back("some/mask.safetensors: ");
    expect_refusal([&] { masks_of(file, "some/mask.safetensors"); }, all);
  };
  const auto order = [](std::string text) {
    return [text](SafetensorsFile& file) { file.metadata["order"] = text; };
  };
  refused([](SafetensorsFile& file) { file.metadata.clear(); }, {"no mask file", "'order'"});
  for (const char* text : {"", "[", "{}", "3", "[1]", "\"z.weight\"", "[\"m\",null]", "[\"m\"] x"})
    refused(order(text), {"'order'", "JSON list"});
  refused(order(R"(["m","m"])"), {"\"m\" twice"});
  refused(order(R"(["m","other"])"), {"\"other\"", "no tensor \"other.bitmask\""});
  refused(order(R"(["m"])"), {"6 tensors", "2"});
  refused([](SafetensorsFile& file) { file.tensors.erase("m.shape"); }, {"\"m\"", "no tensor \"m.shape\""});
  refused([](SafetensorsFile& file) { file.tensors["x"] = Tensor::zeros(DType::kU8, {1}); }, {"7 tensors"});
  refused([](SafetensorsFile& file) { file.tensors["m.bitmask"].dtype = DType::kBool; },
          {"m.bitmask", "BOOL"});
  refused([](SafetensorsFile& file) { file.tensors["m.bitmask"].shape = {5}; },
          {"m.bitmask", "1 dimensions"});
  refused(
      [](SafetensorsFile& file) {
        file.tensors["m.bitmask"].shape = {1, 5};
      },
      {"\"m\"", "[1, 5] instead of [5, 1]"});
  refused([](SafetensorsFile& file) { file.tensors["m.shape"].dtype = DType::kF64; }, {"m.shape", "F64"});
  const auto shape = [](std::vector<std::int64_t> values) {
    return [values](SafetensorsFile& file) {
      file.tensors["m.shape"] = tensor(DType::kI64, {static_cast<std::int64_t>(values.size())}, values);
    };
  };
  refused(shape({6}), {"\"m\"", "needs 6"});
  refused(shape({-5}), {"\"m\"", "negative"});
  refused(shape({}), {"\"m\"", "at least one dimension"});
  refused(shape({std::int64_t{1} << 40, std::int64_t{1} << 40}), {"\"m\"", "2^62"});
  refused([](SafetensorsFile& file) { file.tensors["m.bitmask"].as<std::uint8_t>()[3] |= 2; },
          {"\"m\"", "row 3", "padding bit"});
}

TEST(MaskFile, ReadingOneNamesTheFile) {
  const Scratch scratch;
  write_safetensors(scratch / "model", samples());
  expect_refusal([&] { read_masks(scratch / "model"); }, {scratch / "model", "no mask file"});
}

}  // namespace
}  // namespace coppice
