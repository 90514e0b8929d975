#include "io/masks.h"

#include "coppice/error.h"

#include <cstring>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "io/json_text.h"

namespace coppice {

namespace {

constexpr std::string_view kBits = ".bitmask", kShape = ".shape";

template <class T>
Tensor tensor_of(DType dtype, std::vector<std::int64_t> shape, const std::vector<T>& values) {
  Tensor tensor = Tensor::zeros(dtype, std::move(shape));
  if (!values.empty()) std::memcpy(tensor.bytes.data(), values.data(), tensor.bytes.size());
  return tensor;
}

std::vector<std::string> order_of(const Metadata& metadata, const std::string& where) {
  const auto found = metadata.find("order");
  if (found == metadata.end()) {
    throw BadInput(fmt::format(
        "{}: is no mask file: its metadata has no 'order' (name the mask.safetensors of a level)", where));
  }
  const auto list = nlohmann::json::parse(found->second, nullptr, false);
  std::vector<std::string> names;
  bool strings = list.is_array();
  for (std::size_t i = 0; strings && i < list.size(); ++i) {
    strings = list[i].is_string();
    if (strings) names.push_back(list[i].get<std::string>());
  }
  if (!strings) throw BadInput(fmt::format("{}: metadata key 'order' is not a JSON list of names", where));
  return names;
}

const Tensor& part(const SafetensorsFile& file, const std::string& name, std::string_view suffix, DType dtype,
                   std::size_t dimensions, const std::string& where) {
  const auto found = file.tensors.find(name + std::string(suffix));
  if (found == file.tensors.end()) {
    throw BadInput(fmt::format("{}: the mask of {} has no tensor {}", where, printable(name),
                               printable(name + std::string(suffix))));
  }
  const Tensor& tensor = found->second;
  if (tensor.dtype != dtype || tensor.shape.size() != dimensions) {
    throw BadInput(fmt::format("{}: tensor {} is {} of {} dimensions instead of {} of {}", where,
                               printable(found->first), dtype_name(tensor.dtype), tensor.shape.size(),
                               dtype_name(dtype), dimensions));
  }
  return tensor;
}

Mask mask_of(const SafetensorsFile& file, const std::string& name, const std::string& where) {
  const Tensor& bits = part(file, name, kBits, DType::kU8, 2, where);
  const auto bytes = bits.as<std::uint8_t>();
  const auto shape = part(file, name, kShape, DType::kI64, 1, where).as<std::int64_t>();
  try {
    Mask mask = Mask::from_bytes({shape.begin(), shape.end()}, {bytes.begin(), bytes.end()});
    if (bits.shape != std::vector{mask.rows(), mask.row_bytes()}) {
      throw BadInput(fmt::format("the bitmask is [{}, {}] instead of [{}, {}]", bits.shape[0], bits.shape[1],
                                 mask.rows(), mask.row_bytes()));
    }
    return mask;
  } catch (const BadInput& error) {
    throw BadInput(fmt::format("{}: the mask of {} is damaged: {}", where, printable(name), error.what()));
  }
}

}  // namespace

void write_masks(const std::string& path, const Masks& masks, const Metadata& metadata) {
  Tensors tensors;
  std::string order;
  for (const NamedMask& named : masks) {
    const Mask& mask = named.mask;
    const bool fresh = tensors
                           .emplace(named.name + std::string(kBits),
                                    tensor_of(DType::kU8, {mask.rows(), mask.row_bytes()}, mask.bytes()))
                           .second;
    if (!fresh) throw BadInput(fmt::format("{}: two masks are named '{}'", path, named.name));
    tensors.emplace(named.name + std::string(kShape),
                    tensor_of(DType::kI64, {static_cast<std::int64_t>(mask.shape().size())}, mask.shape()));
    order += (order.empty() ? "" : ",") + json_string(named.name, "mask name");
  }
  Metadata all = metadata;
  all["order"] = "[" + order + "]";
  write_safetensors(path, tensors, all);
}

Masks masks_of(const SafetensorsFile& file, const std::string& where) {
  Masks masks;
  for (std::string& name : order_of(file.metadata, where)) {
    if (find(masks, name)) throw BadInput(fmt::format("{}: 'order' names {} twice", where, printable(name)));
    Mask mask = mask_of(file, name, where);
    masks.push_back({std::move(name), std::move(mask)});
  }
  if (file.tensors.size() != 2 * masks.size()) {
    throw BadInput(fmt::format("{}: holds {} tensors where the {} masks that 'order' names have {}", where,
                               file.tensors.size(), masks.size(), 2 * masks.size()));
  }
  return masks;
}

Masks read_masks(const std::string& path) { return masks_of(read_safetensors(path), path); }

}  // namespace coppice
