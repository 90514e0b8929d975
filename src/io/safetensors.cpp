#include "io/safetensors.h"

#include "coppice/error.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/files.h"
#include "io/input_file.h"
#include "io/json_text.h"
#include "io/safetensors_header.h"

namespace coppice {

namespace {

using Named = Tensors::value_type;

/// Larger elements first, so that every tensor starts at a multiple of its element's size.
std::vector<const Named*> in_file_order(const Tensors& tensors) {
  std::vector<const Named*> order;
  for (const Named& named : tensors) order.push_back(&named);
  std::ranges::stable_sort(order, [](const Named* a, const Named* b) {
    return size_of(a->second.dtype) > size_of(b->second.dtype);
  });
  return order;
}

std::string header_text(const std::vector<const Named*>& order, const Metadata& metadata) {
  std::vector<std::string> members;
  if (!metadata.empty()) {
    std::vector<std::string> pairs;
    for (const auto& [key, value] : metadata)
      pairs.push_back(json_string(key, "metadata key") + ":" + json_string(value, "metadata value"));
    members.push_back(fmt::format("\"__metadata__\":{{{}}}", fmt::join(pairs, ",")));
  }
  std::size_t offset = 0;
  for (const Named* named : order) {
    const auto& [name, tensor] = *named;
    if (name == "__metadata__")
      throw BadInput("a tensor cannot be named '__metadata__': safetensors reserves it");
    if (tensor.bytes.size() != static_cast<std::size_t>(tensor.size()) * size_of(tensor.dtype))
      throw Failure(fmt::format("internal: tensor '{}' does not hold what its shape says", name));
    const std::size_t end = offset + tensor.bytes.size();
    members.push_back(fmt::format("{}:{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}}",
                                  json_string(name, "tensor name"), dtype_name(tensor.dtype),
                                  fmt::join(tensor.shape, ","), offset, end));
    offset = end;
  }
  std::string text = fmt::format("{{{}}}", fmt::join(members, ","));
  text.append((8 - text.size() % 8) % 8, ' ');
  if (text.size() > kMaxHeaderBytes) {
    throw BadInput(
        fmt::format("a safetensors header of {} bytes is not allowed (at most {}): too much metadata",
                    text.size(), kMaxHeaderBytes));
  }
  return text;
}

using ReadAt = std::function<void(std::uint64_t offset, void* to, std::size_t size)>;

SafetensorsFile load(std::uint64_t size, const std::string& where, const ReadAt& read_at) {
  std::array<char, 16> first{};
  const std::size_t seen = std::min<std::uint64_t>(size, first.size());
  read_at(0, first.data(), seen);
  const std::uint64_t length = header_length({first.data(), seen}, size, where);
  std::string text(length, '\0');
  read_at(8, text.data(), text.size());
  SafetensorsHeader header = parse_header(text, size, where);

  SafetensorsFile file;
  file.metadata = std::move(header.metadata);
  for (SafetensorsEntry& entry : header.entries) {
    Tensor tensor{entry.dtype, std::move(entry.shape), std::vector<std::byte>(entry.end - entry.begin)};
    read_at(8 + length + entry.begin, tensor.bytes.data(), tensor.bytes.size());
    file.tensors.emplace(std::move(entry.name), std::move(tensor));
  }
  return file;
}

}  // namespace

void emit_safetensors(const Tensors& tensors, const Metadata& metadata, const Sink& sink) {
  const std::vector<const Named*> order = in_file_order(tensors);
  const std::string text = header_text(order, metadata);
  const std::uint64_t length = text.size();
  sink(&length, sizeof length);
  sink(text.data(), text.size());
  for (const Named* named : order) sink(named->second.bytes.data(), named->second.bytes.size());
}

void write_safetensors(const std::string& path, const Tensors& tensors, const Metadata& metadata) {
  write_file_atomically(path, [&](const Sink& sink) { emit_safetensors(tensors, metadata, sink); });
}

SafetensorsFile read_safetensors(const std::string& path) {
  const InputFile file(path);
  return load(file.size(), path,
              [&](std::uint64_t offset, void* to, std::size_t size) { file.read_at(offset, to, size); });
}

SafetensorsFile parse_safetensors(std::span<const std::byte> bytes, const std::string& where) {
  return load(bytes.size(), where, [&](std::uint64_t offset, void* to, std::size_t size) {
    if (size != 0) std::memcpy(to, bytes.data() + offset, size);
  });
}

}  // namespace coppice
