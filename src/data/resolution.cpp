#include "data/resolution.h"

#include "coppice/error.h"

#include <vector>

#include <fmt/format.h>

namespace coppice::data {

namespace {

/// What one output pixel covers along an axis, in units of 1/side of a source pixel: weights of the source
/// pixels from `first` on. They sum to the source's side.
struct Coverage {
  std::int64_t first = 0;
  std::vector<std::int64_t> weights;
};

std::vector<Coverage> coverages(std::int64_t from, std::int64_t side) {
  std::vector<Coverage> all;
  for (std::int64_t i = 0; i < side; ++i) {
    const std::int64_t begin = i * from, end = begin + from;
    Coverage coverage{begin / side, {}};
    for (std::int64_t j = coverage.first; j * side < end; ++j)
      coverage.weights.push_back(std::min(end, (j + 1) * side) - std::max(begin, j * side));
    all.push_back(std::move(coverage));
  }
  return all;
}

/// The weighted sum over one output pixel; Sum is an integer type for uint8, so that it is exact.
template <class Sum, class T>
Sum weighted_sum(const T* plane, std::int64_t width, const Coverage& y, const Coverage& x) {
  Sum total = 0;
  for (std::size_t j = 0; j < y.weights.size(); ++j) {
    const T* row = plane + (y.first + static_cast<std::int64_t>(j)) * width + x.first;
    Sum line = 0;
    for (std::size_t i = 0; i < x.weights.size(); ++i)
      line += static_cast<Sum>(x.weights[i]) * static_cast<Sum>(row[i]);
    total += static_cast<Sum>(y.weights[j]) * line;
  }
  return total;
}

std::uint8_t average(const std::uint8_t* plane, std::int64_t from, const Coverage& y, const Coverage& x) {
  const std::int64_t area = from * from;
  return static_cast<std::uint8_t>((2 * weighted_sum<std::int64_t>(plane, from, y, x) + area) / (2 * area));
}

float average(const float* plane, std::int64_t from, const Coverage& y, const Coverage& x) {
  return static_cast<float>(weighted_sum<double>(plane, from, y, x) / static_cast<double>(from * from));
}

template <class T>
Tensor shrink(const Tensor& pixels, std::int64_t side) {
  const std::int64_t planes = pixels.shape[0] * pixels.shape[1], from = pixels.shape[2];
  const std::vector<Coverage> axis = coverages(from, side);
  Tensor out = Tensor::zeros(pixels.dtype, {pixels.shape[0], pixels.shape[1], side, side});
  const T* const source = pixels.as<T>().data();
  T* const target = out.as<T>().data();
#pragma omp parallel for schedule(static)
  for (std::int64_t p = 0; p < planes; ++p) {
    T* pixel = target + p * side * side;
    for (const Coverage& y : axis) {
      for (const Coverage& x : axis) *pixel++ = average(source + p * from * from, from, y, x);
    }
  }
  return out;
}

}  // namespace

void reduce_resolution(Examples& examples, std::int64_t side) {
  const Extent& image = examples.image;
  if (side == 0) return;
  if (side < 0) throw BadInput(fmt::format("data.resolution: {} is negative; 0 is the native one", side));
  if (image.height != image.width) {
    throw BadInput(
        fmt::format("data.resolution: the images are {}x{}; only square ones can be reduced, leave it 0",
                    image.height, image.width));
  }
  if (side > image.height) {
    throw BadInput(
        fmt::format("data.resolution: {} is larger than the images ({}x{}); they can only be reduced", side,
                    image.height, image.width));
  }
  if (side == image.height) return;
  examples.pixels = examples.pixels.dtype == DType::kU8 ? shrink<std::uint8_t>(examples.pixels, side)
                                                        : shrink<float>(examples.pixels, side);
  examples.image.height = examples.image.width = side;
}

}  // namespace coppice::data
