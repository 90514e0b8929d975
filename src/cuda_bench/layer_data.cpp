#include "cuda_bench/layer_data.h"

#include "coppice/error.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "kernels/cuda/bf16.h"

namespace coppice {

using kernels::Activations;
using kernels::Layer;
using kernels::Layout;
using kernels::Precision;

namespace {

constexpr Layout kPlain = {kernels::Order::kPlain, 0};

float stored(float value, Precision precision) {
  return precision == Precision::kBf16 ? kernels::from_bf16(kernels::to_bf16(value)) : value;
}

/// At most `most` of 0 .. count - 1, the first and the last among them.
std::vector<std::int64_t> spread(std::int64_t count, std::int64_t most) {
  std::vector<std::int64_t> chosen;
  const std::int64_t taken = std::min(count, most);
  for (std::int64_t i = 0; i < taken; ++i) chosen.push_back(taken == 1 ? 0 : i * (count - 1) / (taken - 1));
  return chosen;
}

Layer some_rows(const Layer& layer, const std::vector<std::int64_t>& rows, Precision precision) {
  Layer part;
  part.shape = layer.shape;
  part.weights.columns = layer.weights.columns;
  part.shape.outputs = part.weights.rows = static_cast<std::int64_t>(rows.size());
  for (const std::int64_t row : rows) {
    for (std::int64_t i = layer.weights.begin[row]; i < layer.weights.begin[row + 1]; ++i) {
      part.weights.column.push_back(layer.weights.column[i]);
      part.weights.value.push_back(stored(layer.weights.value[i], precision));
    }
    part.weights.begin.push_back(part.weights.nonzeros());
    if (!layer.bias.empty()) part.bias.push_back(layer.bias[row]);
  }
  return part;
}

double element_at(const std::vector<unsigned char>& bytes, std::int64_t index, Precision precision) {
  const auto size = static_cast<std::size_t>(kernels::element_bytes(precision));
  const unsigned char* place = bytes.data() + static_cast<std::size_t>(index) * size;
  if (precision == Precision::kBf16) {
    kernels::Bf16 value = 0;
    std::memcpy(&value, place, size);
    return kernels::from_bf16(value);
  }
  float value = 0;
  std::memcpy(&value, place, size);
  return value;
}

}  // namespace

std::vector<float> as_stored(std::vector<float> values, Precision precision) {
  for (float& value : values) value = stored(value, precision);
  return values;
}

std::vector<unsigned char> packed_activations(const std::vector<float>& plain, const Activations& target,
                                              Precision precision) {
  const auto size = static_cast<std::size_t>(kernels::element_bytes(precision));
  std::vector<unsigned char> bytes(static_cast<std::size_t>(target.floats()) * size);
  const float* next = plain.data();
  for (std::int64_t image = 0; image < target.images; ++image) {
    for (std::int64_t channel = 0; channel < target.channels; ++channel) {
      for (std::int64_t row = 0; row < target.height; ++row) {
        for (std::int64_t column = 0; column < target.width; ++column, ++next) {
          unsigned char* place =
              bytes.data() + static_cast<std::size_t>(target.offset(image, channel, row, column)) * size;
          const kernels::Bf16 half = kernels::to_bf16(*next);
          std::memcpy(place, precision == Precision::kBf16 ? static_cast<const void*>(&half) : next, size);
        }
      }
    }
  }
  return bytes;
}

OutputCheck::OutputCheck(const Layer& layer, std::int64_t images, const std::vector<float>& x,
                         Precision precision)
    : precision_(precision),
      output_(layer.output(images, kPlain)),
      relu_(layer.relu),
      linear_(layer.shape.linear()),
      pixels_(layer.shape.pixels()),
      columns_(layer.shape.columns()),
      rows_(spread(layer.shape.outputs, 48)),
      images_(spread(images, 8)) {
  const auto size_of_image = static_cast<std::size_t>(layer.input(1, kPlain).floats());
  if (x.size() != size_of_image * static_cast<std::size_t>(images))
    throw Failure("internal: the input is not as large as the layer's");
  std::vector<float> some;
  for (const std::int64_t image : images_) {
    const auto begin = x.begin() + static_cast<std::ptrdiff_t>(size_of_image) * image;
    some.insert(some.end(), begin, begin + static_cast<std::ptrdiff_t>(size_of_image));
  }
  some = as_stored(std::move(some), precision);
  some.resize(some.size() + static_cast<std::size_t>(kernels::kSlack));
  const Layer part = some_rows(layer, rows_, precision);
  bias_ = part.bias;
  bias_.resize(rows_.size(), 0.0f);
  for (std::size_t i = 0; i < rows_.size(); ++i)
    nonzeros_.push_back(part.weights.begin[i + 1] - part.weights.begin[i]);
  expected_.resize(images_.size() * rows_.size() * static_cast<std::size_t>(pixels_));
  bound_.resize(expected_.size());
  kernels::reference_layer(part, static_cast<std::int64_t>(images_.size()), kPlain, kPlain, some.data(),
                           nullptr, expected_.data(), bound_.data());
}

std::string OutputCheck::complaint(const std::vector<unsigned char>& y, Layout layout, Maker maker) const {
  Activations output = output_;
  output.layout = layout;
  const bool transformed = maker.library && !linear_;
  const double in = (precision_ == Precision::kTf32 ? 0x1p-9 : 0) + (transformed ? 0x1p-14 : 0);
  const double out = precision_ == Precision::kBf16 ? 0x1p-8 : 0;  // 8 bits, the first one implied
  const double largest = *std::max_element(bound_.begin(), bound_.end());
  std::size_t at = 0;
  for (const std::int64_t image : images_) {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const double products = static_cast<double>((maker.sparse ? nonzeros_[i] : columns_) + 2);
      for (std::int64_t pixel = 0; pixel < pixels_; ++pixel, ++at) {
        const std::int64_t place = output.offset(image, rows_[i], pixel / output.width, pixel % output.width);
        const double found = element_at(y, place, precision_), sum = expected_[at];
        const double right = relu_ ? std::max(sum, 0.0) : sum;
        const double sums = (products * 0x1p-23 + in) * (transformed ? largest : bound_[at]) + 1e-30;
        double rounded = std::abs(right) + sums;
        if (maker.library) rounded += std::abs(sum - bias_[i]) + std::abs(bias_[i]);
        const double allowed = sums + out * rounded;
        if (std::abs(found - right) <= allowed) continue;  // never true of NaN
        return fmt::format("row {}, image {}, pixel {}: {:.9g} instead of {:.9g} (allowed {:.2g})", rows_[i],
                           image, pixel, found, right, allowed);
      }
    }
  }
  return "";
}

}  // namespace coppice
