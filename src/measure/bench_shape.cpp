#include "measure/bench_shape.h"

#include "coppice/error.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace coppice {

namespace {

constexpr std::int64_t kLargest = 1'000'000;

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts = {""};
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

[[noreturn]] void refuse(const std::string& text, const std::string& why) {
  throw BadInput(
      fmt::format("--shape {}: {}; write MxKxN for a linear layer of M outputs and K inputs on N columns "
                  "(1024x1024x128), or OUT,IN,HxW,KERNEL[,STRIDE] for a convolution (64,64,32x32,3)",
                  text, why));
}

/// 0 where it is no such number.
std::int64_t positive(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && number >= 1 && number <= kLargest ? number : 0;
}

std::vector<std::int64_t> numbers(const std::string& text, const std::vector<std::string>& parts) {
  std::vector<std::int64_t> found;
  for (const std::string& part : parts) {
    found.push_back(positive(part));
    if (found.back() == 0) refuse(text, fmt::format("'{}' is no whole number from 1 to {}", part, kLargest));
  }
  return found;
}

}  // namespace

kernels::LayerShape linear_shape(std::int64_t outputs, std::int64_t inputs) {
  kernels::LayerShape shape;
  shape.outputs = outputs;
  shape.channels = inputs;
  return shape;
}

kernels::LayerShape conv_shape(std::int64_t outputs, std::int64_t channels, std::int64_t height,
                               std::int64_t width, std::int64_t kernel, std::int64_t stride) {
  kernels::LayerShape shape;
  shape.outputs = outputs;
  shape.channels = channels;
  shape.height = height;
  shape.width = width;
  shape.kernel_height = shape.kernel_width = kernel;
  shape.stride = stride;
  shape.padding = kernel / 2;
  return shape;
}

std::string shape_text(const kernels::LayerShape& shape) {
  std::string text = fmt::format("{}x{}", shape.outputs, shape.columns());
  if (shape.linear()) return text;
  text += fmt::format(", {}x{}", shape.kernel_height, shape.kernel_width);
  if (shape.stride > 1) text += fmt::format(" stride {}", shape.stride);
  return text + fmt::format(", {}x{}", shape.height, shape.width);
}

BenchShape parse_bench_shape(const std::string& text) {
  const std::vector<std::string> parts = split(text, ',');
  BenchShape result;
  if (parts.size() == 1) {
    const std::vector<std::string> extents = split(text, 'x');
    if (extents.size() != 3) refuse(text, fmt::format("has {} of 3 extents", extents.size()));
    const auto size = numbers(text, extents);
    result = {linear_shape(size[0], size[1]), size[2]};
  } else {
    if (parts.size() < 4 || parts.size() > 5)
      refuse(text, fmt::format("has {} parts, not 4 or 5", parts.size()));
    const std::vector<std::string> image = split(parts[2], 'x');
    if (image.size() != 2) refuse(text, fmt::format("'{}' is no image size HxW", parts[2]));
    std::vector<std::string> all = {parts[0], parts[1], image[0], image[1], parts[3]};
    if (parts.size() == 5) all.push_back(parts[4]);
    const auto n = numbers(text, all);
    result.shape = conv_shape(n[0], n[1], n[2], n[3], n[4], n.size() > 5 ? n[5] : 1);
  }
  check_size(result.shape, std::max<std::int64_t>(result.images, 1), "--shape " + text);
  return result;
}

ImageSize parse_image_size(const std::string& text, const std::string& option) {
  const std::vector<std::string> parts = split(text, 'x');
  const ImageSize size =
      parts.size() == 2 ? ImageSize{positive(parts[0]), positive(parts[1])} : ImageSize{0, 0};
  if (size.height == 0 || size.width == 0)
    throw BadInput(fmt::format("{} {}: no image size; write HEIGHTxWIDTH (32x32)", option, text));
  return size;
}

void check_size(const kernels::LayerShape& shape, std::int64_t images, const std::string& what) {
  constexpr double kMost = 0x1p31;
  const auto product = [](std::initializer_list<std::int64_t> factors) {
    double size = 1;  // products of integers could overflow
    for (const std::int64_t factor : factors) size *= static_cast<double>(factor);
    return size;
  };
  const double weights = product({shape.outputs, shape.channels, shape.kernel_height, shape.kernel_width});
  const double most_activations = std::max(
      product({images, shape.channels, shape.height + 2 * shape.padding, shape.width + 2 * shape.padding}),
      product({images, shape.outputs, shape.out_height(), shape.out_width()}));
  if (weights > kMost)
    throw BadInput(
        fmt::format("{}: {:.3g} weights are too many to be timed here (at most 2^31)", what, weights));
  if (most_activations > kMost) {
    throw BadInput(fmt::format("{}: {:.3g} activations for a batch of {} are too many (at most 2^31)", what,
                               most_activations, images));
  }
}

}  // namespace coppice
