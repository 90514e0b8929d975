// Real clients: Python's torch, safetensors, numpy and zipfile read what we write, and write what we read.
// Both sides hold their tensors against a manifest of hexadecimal bytes.
#include "coppice/checkpoint.h"
#include "coppice/random.h"

#include <cstdlib>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "io/zip.h"
#include "support/samples.h"
#include "support/scratch.h"

namespace coppice {
namespace {

std::string hex(const Tensor& tensor) {
  std::string text;
  for (const std::byte byte : tensor.bytes) text += fmt::format("{:02x}", static_cast<unsigned>(byte));
  return text;
}

nlohmann::json manifest(const Tensors& tensors) {
  nlohmann::json list;
  for (const auto& [name, tensor] : tensors)
    list[name] = {{"dtype", dtype_name(tensor.dtype)}, {"shape", tensor.shape}, {"hex", hex(tensor)}};
  return list;
}

int python(const std::string& arguments) {
  const std::string script = COPPICE_SOURCE_DIR "/tests/interop/io_files.py";
  return std::system(fmt::format("'{}' '{}' {}", COPPICE_PYTHON, script, arguments).c_str());
}

TEST(Interop, PythonReadsOurFiles) {
  const Scratch scratch;
  const Tensors tensors = samples();
  std::vector<std::string> order;
  for (const auto& [name, tensor] : tensors) order.insert(order.begin(), name);
  std::swap(order[0], order[3]);
  const Metadata metadata = {{"network", "{\"a\": \"\\\"\"}"}, {"text", "line\n\xe2\x82\xac"}};
  write_safetensors(scratch / "tensors.safetensors", tensors, metadata);
  write_safetensors(scratch / "none.safetensors", {});
  write_state_dict(scratch / "ordered.pt", tensors, order);
  write_state_dict(scratch / "sorted.pt", tensors);
  write_state_dict(scratch / "none.pt", {});

  Masks masks;
  nlohmann::json bits;
  for (const std::vector<std::int64_t>& shape :
       {std::vector<std::int64_t>{7, 13}, {4, 3, 3, 3}, {5}, {2, 64}, {3, 0}}) {
    Mask mask = Mask::ones(shape);
    const Stream stream(5, "interop", masks.size());
    for (std::int64_t i = 0; i < mask.size(); ++i)
      mask.set(i, stream.bits(static_cast<std::uint64_t>(i)) % 3 == 0);
    bits.push_back(
        {{"name", fmt::format("z{}", 9 - masks.size())}, {"shape", shape}, {"bits", mask.unpacked()}});
    masks.push_back({bits.back()["name"], mask});
  }
  write_masks(scratch / "masks.safetensors", masks);
  const nlohmann::json all = {
      {"tensors", manifest(tensors)}, {"order", order}, {"metadata", metadata}, {"masks", bits}};
  write_file_atomically(scratch / "manifest.json", all.dump());
  EXPECT_EQ(python("check " + scratch.folder().string()), 0);
}

TEST(Interop, WeReadPythonsFiles) {
  const Scratch scratch;
  ASSERT_EQ(python("write " + scratch.folder().string()), 0);
  const auto all = nlohmann::json::parse(read_file(scratch / "manifest.json"));
  const SafetensorsFile file = read_safetensors(scratch / "tensors.safetensors");
  EXPECT_GE(file.tensors.size(), 12u);
  EXPECT_EQ(manifest(file.tensors), all["tensors"]);
  EXPECT_EQ(nlohmann::json(file.metadata), all["metadata"]);
  EXPECT_TRUE(read_safetensors(scratch / "none.safetensors").tensors.empty());

  const Masks masks = read_masks(scratch / "masks.safetensors");
  ASSERT_EQ(masks.size(), all["masks"].size());
  for (std::size_t i = 0; i < masks.size(); ++i) {
    EXPECT_EQ(masks[i].name, all["masks"][i]["name"]);
    EXPECT_EQ(masks[i].mask.shape(), all["masks"][i]["shape"].get<std::vector<std::int64_t>>());
    EXPECT_EQ(masks[i].mask.unpacked(), all["masks"][i]["bits"].get<std::vector<std::uint8_t>>());
  }
  expect_refusal([&] { read_checkpoint(scratch / "zip.pt"); }, {"zip.pt", "PyTorch pickle archive"});
  expect_refusal([&] { read_checkpoint(scratch / "legacy.pt"); }, {"legacy.pt", "PyTorch pickle archive"});
}

TEST(InteropSlow, MoreEntriesThanAPlainZipCounts) {
  const Scratch scratch;
  Tensors tensors;
  for (int i = 0; i < 70'000; ++i)
    tensors[fmt::format("t{}", i)] = tensor(DType::kI32, {1}, std::vector<std::int32_t>{i});
  write_state_dict(scratch / "many.pt", tensors);
  EXPECT_EQ(python("many " + (scratch / "many.pt")), 0);
}

/// Entries of zeros that no memory holds, into a file that no disk block holds.
TEST(InteropSlow, EntriesAndOffsetsBeyondFourGib) {
  const Scratch scratch;
  const std::size_t size = (std::size_t{4} << 30) + 123;
  void* const zeros = mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ASSERT_NE(zeros, MAP_FAILED);
  const int file = open((scratch / "big.zip").c_str(), O_WRONLY | O_CREAT, 0600);
  ASSERT_GE(file, 0);
  ZipWriter zip([&](const void* data, std::size_t bytes) {
    if (bytes >= size) {
      ASSERT_GE(lseek(file, static_cast<off_t>(bytes), SEEK_CUR), 0);
    } else {
      ASSERT_EQ(write(file, data, bytes), static_cast<ssize_t>(bytes));
    }
  });
  zip.add("archive/first", "first");
  zip.add("archive/big", std::span(static_cast<const std::byte*>(zeros), size));
  zip.add("archive/last", "last");
  zip.finish();
  close(file);
  munmap(zeros, size);
  EXPECT_EQ(python(fmt::format("big {} {}", scratch / "big.zip", size)), 0);
}

}  // namespace
}  // namespace coppice
