#include "coppice/checkpoint.h"
#include "coppice/error.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "data/stores.h"

namespace coppice::data {

namespace {

constexpr std::int64_t kMaxClasses = 1 << 16;

Tensor take(Tensors& tensors, const std::string& name, const std::string& where) {
  const auto found = tensors.find(name);
  if (found != tensors.end()) return std::move(found->second);
  std::vector<std::string> names;
  for (const auto& [there, tensor] : tensors) names.push_back(there);
  throw BadInput(
      fmt::format("{}: no tensor '{}' (there are: {}); a data set has train.images, train.labels, "
                  "test.images and test.labels",
                  where, name, names.empty() ? "none" : join(names, ", ")));
}

void check_images(Tensor& images, const std::string& name, const std::string& where) {
  std::vector<std::int64_t>& shape = images.shape;
  const std::string given = fmt::format("{} [{}]", dtype_name(images.dtype), fmt::join(shape, ", "));
  if (images.dtype != DType::kU8 && images.dtype != DType::kF32) {
    throw BadInput(fmt::format("{}: {} is {}; store images as U8 or F32", where, name, given));
  }
  if ((shape.size() != 3 && shape.size() != 4) || std::ranges::count(shape, 0) != 0) {
    throw BadInput(
        fmt::format("{}: {} is {}; it must be [count, channels, height, width] or [count, height, width], "
                    "none of them 0",
                    where, name, given));
  }
  if (shape.size() == 3) shape.insert(shape.begin() + 1, 1);
  if (images.dtype != DType::kF32) return;
  const auto values = images.as<float>();
  const auto bad = std::ranges::find_if(values, [](float value) { return !std::isfinite(value); });
  if (bad != values.end()) {
    throw BadInput(fmt::format("{}: {} holds {} at element {}; remove or repair that example", where, name,
                               *bad, bad - values.begin()));
  }
}

template <class T>
std::vector<std::int32_t> checked_labels(const Tensor& tensor, const std::string& name,
                                         const std::string& where) {
  std::vector<std::int32_t> labels;
  for (const T label : tensor.as<T>()) {
    if (label < 0 || static_cast<std::int64_t>(label) >= kMaxClasses) {
      throw BadInput(fmt::format("{}: {} holds {} at element {}; labels count from 0 and are below {}", where,
                                 name, label, labels.size(), kMaxClasses));
    }
    labels.push_back(static_cast<std::int32_t>(label));
  }
  return labels;
}

std::vector<std::int32_t> labels_of(const Tensor& tensor, const std::string& name, const std::string& where) {
  if (tensor.shape.size() == 1) {
    if (tensor.dtype == DType::kU8) return checked_labels<std::uint8_t>(tensor, name, where);
    if (tensor.dtype == DType::kI32) return checked_labels<std::int32_t>(tensor, name, where);
    if (tensor.dtype == DType::kI64) return checked_labels<std::int64_t>(tensor, name, where);
  }
  throw BadInput(fmt::format("{}: {} is {} [{}]; it must be [count] of U8, I32 or I64", where, name,
                             dtype_name(tensor.dtype), fmt::join(tensor.shape, ", ")));
}

Examples examples_of(Tensors& tensors, const std::string& split, const std::string& where) {
  const std::string images = split + ".images", labels = split + ".labels";
  Examples examples;
  examples.pixels = take(tensors, images, where);
  check_images(examples.pixels, images, where);
  examples.labels = labels_of(take(tensors, labels, where), labels, where);
  const std::vector<std::int64_t>& shape = examples.pixels.shape;
  if (shape[0] != examples.count()) {
    throw BadInput(fmt::format("{}: {} holds {} examples and {} {}; store one label for each image", where,
                               images, grouped(shape[0]), labels, grouped(examples.count())));
  }
  examples.image = {shape[1], shape[2], shape[3], false};
  return examples;
}

}  // namespace

Stores stores_from_tensors(Tensors tensors, const std::string& where) {
  Stores stores;
  stores.pool = examples_of(tensors, "train", where);
  stores.test = examples_of(tensors, "test", where);
  if (stores.pool.image != stores.test.image || stores.pool.pixels.dtype != stores.test.pixels.dtype) {
    throw BadInput(
        fmt::format("{}: train.images and test.images differ in the size or type of their images; store "
                    "both alike",
                    where));
  }
  for (const Examples* examples : {&stores.pool, &stores.test})
    stores.classes = std::max<std::int64_t>(stores.classes, *std::ranges::max_element(examples->labels) + 1);
  if (stores.classes < 2)
    throw BadInput(fmt::format("{}: every label is 0; there must be at least two classes", where));
  return stores;
}

Stores load_tensors(const DataConfig& config) {
  if (config.path.empty())
    throw BadInput("data.path: dataset = \"tensors\" needs the path of a safetensors file here");
  return stores_from_tensors(read_safetensors(config.path).tensors, config.path);
}

}  // namespace coppice::data
