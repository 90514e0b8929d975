#include "data/statistics.h"

#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/sha256.h"

namespace coppice::data {

namespace {

/// Calls plane(example's place in data.train, channel, first pixel) for every channel of every training
/// example, on all threads.
template <class T, class Plane>
void for_each_plane(const Data& data, const Plane& plane) {
  const T* const pixels = data.pool.pixels.as<T>().data();
  const std::int64_t channels = data.pool.image.channels,
                     size = data.pool.image.height * data.pool.image.width;
  const auto count = static_cast<std::int64_t>(data.train.size());
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < count; ++i) {
    const T* first = pixels + data.train[static_cast<std::size_t>(i)] * channels * size;
    for (std::int64_t c = 0; c < channels; ++c) plane(i, c, first + c * size);
  }
}

struct Moments {
  std::uint64_t sum = 0, squares = 0;
};

void store(Data& data, double mean, double variance) {
  data.mean.push_back(static_cast<float>(mean));
  const auto deviation = static_cast<float>(std::sqrt(variance));
  data.stddev.push_back(deviation > 0.0f ? deviation : 1.0f);
}

void measure_bytes(Data& data) {
  const std::int64_t channels = data.pool.image.channels,
                     size = data.pool.image.height * data.pool.image.width;
  std::vector<Moments> planes(data.train.size() * static_cast<std::size_t>(channels));
  for_each_plane<std::uint8_t>(data, [&](std::int64_t i, std::int64_t c, const std::uint8_t* pixels) {
    Moments moments;
    for (std::int64_t p = 0; p < size; ++p) {
      const std::uint32_t value = pixels[p];
      moments.sum += value;
      moments.squares += value * value;
    }
    planes[static_cast<std::size_t>(i * channels + c)] = moments;
  });
  for (std::int64_t c = 0; c < channels; ++c) {
    Moments total;
    for (auto i = static_cast<std::size_t>(c); i < planes.size(); i += static_cast<std::size_t>(channels)) {
      total.sum += planes[i].sum;
      total.squares += planes[i].squares;
    }
    // n * squares - sum^2, exactly, before anything is rounded.
    __extension__ using Wide = unsigned __int128;
    const auto n = static_cast<std::uint64_t>(size) * data.train.size();
    const Wide spread = Wide{n} * total.squares - Wide{total.sum} * total.sum;
    const double full = 255.0 * static_cast<double>(n);
    store(data, static_cast<double>(total.sum) / full, static_cast<double>(spread) / (full * full));
  }
}

void measure_floats(Data& data) {
  const std::int64_t channels = data.pool.image.channels,
                     size = data.pool.image.height * data.pool.image.width;
  const double n = static_cast<double>(size) * static_cast<double>(data.train.size());
  std::vector<double> planes(data.train.size() * static_cast<std::size_t>(channels));
  // One sum a channel of what `term` makes of each pixel.
  const auto totals = [&](const auto& term) {
    for_each_plane<float>(data, [&](std::int64_t i, std::int64_t c, const float* pixels) {
      double sum = 0;
      for (std::int64_t p = 0; p < size; ++p) sum += term(static_cast<double>(pixels[p]), c);
      planes[static_cast<std::size_t>(i * channels + c)] = sum;
    });
    std::vector<double> sums(static_cast<std::size_t>(channels));
    for (std::size_t i = 0; i < planes.size(); ++i) sums[i % sums.size()] += planes[i];
    return sums;
  };
  std::vector<double> means = totals([](double value, std::int64_t) { return value; });
  for (double& mean : means) mean /= n;
  const std::vector<double> spreads = totals([&](double value, std::int64_t c) {
    const double distance = value - means[static_cast<std::size_t>(c)];
    return distance * distance;
  });
  for (std::size_t c = 0; c < means.size(); ++c) store(data, means[c], spreads[c] / n);
}

}  // namespace

void measure(Data& data) {
  if (data.pool.pixels.dtype == DType::kU8) {
    measure_bytes(data);
  } else {
    measure_floats(data);
  }
}

std::string content_sha256(const Data& data) {
  Sha256 hash;
  hash.add(fmt::format("classes {}\n", data.classes));
  for (const Examples* examples : {&data.pool, &data.test}) {
    const char* name = examples == &data.pool ? "train" : "test";
    const Tensor& pixels = examples->pixels;
    hash.add(
        fmt::format("{}.images {} [{}]\n", name, dtype_name(pixels.dtype), fmt::join(pixels.shape, ", ")));
    hash.add(pixels.bytes.data(), pixels.bytes.size());
    hash.add(fmt::format("{}.labels I32 [{}]\n", name, examples->count()));
    hash.add(examples->labels.data(), examples->labels.size() * sizeof(std::int32_t));
  }
  return hash.hex();
}

}  // namespace coppice::data
