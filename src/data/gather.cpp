#include "coppice/data.h"
#include "coppice/error.h"
#include "coppice/random.h"

#include <algorithm>
#include <type_traits>

#include <fmt/format.h>

// The training hot path: bytes in, normalised floats out, one pass. Each example is a row of the store
// somewhere in memory, so the next row is fetched while this one is computed. A shifted or mirrored example
// is first put together in raw pixels (padding is raw 0) and then normalised like any other, so that both
// ways give the same bits. uint8: pixel * scale + shift, with scale = 1 / (255 stddev) and shift = -mean /
// stddev; two roundings on every machine, for this file is compiled for the plain instruction set, where
// compilers fuse nothing.

namespace coppice {

namespace {

/// Per channel, what takes a pixel to its normalised value.
struct Affine {
  float scale = 1, shift = 0;
};

void normalise(const std::uint8_t* __restrict in, float* __restrict out, std::int64_t count,
               const Affine& affine) {
  const float scale = affine.scale, shift = affine.shift;
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) out[i] = static_cast<float>(in[i]) * scale + shift;
}

void normalise(const float* __restrict in, float* __restrict out, std::int64_t count, const Affine& affine) {
  const float stddev = affine.scale, mean = affine.shift;
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) out[i] = (in[i] - mean) / stddev;
}

template <class T>
Affine affine_of(float mean, float stddev) {
  if constexpr (std::is_same_v<T, float>) return {stddev, mean};
  return {static_cast<float>(1.0 / (255.0 * static_cast<double>(stddev))),
          static_cast<float>(-static_cast<double>(mean) / static_cast<double>(stddev))};
}

/// The example as `jitter` shifts and mirrors it, in raw pixels.
template <class T>
void move_pixels(const T* in, T* out, const Extent& image, const Jitter& jitter) {
  const std::int64_t width = image.width;
  const std::int64_t begin = std::clamp<std::int64_t>(-jitter.dx, 0, width);
  const std::int64_t count = std::clamp<std::int64_t>(width - jitter.dx, begin, width) - begin;
  std::fill(out, out + image.size(), T{});
  if (count == 0) return;
  for (std::int64_t c = 0; c < image.channels; ++c) {
    for (std::int64_t y = 0; y < image.height; ++y) {
      const std::int64_t from = y + jitter.dy;
      if (from < 0 || from >= image.height) continue;
      const T* source = in + (c * image.height + from) * width + begin + jitter.dx;
      T* row = out + (c * image.height + y) * width;
      if (jitter.flip) {
        std::reverse_copy(source, source + count, row + width - begin - count);
      } else {
        std::copy(source, source + count, row + begin);
      }
    }
  }
}

void prefetch(const void* row, std::size_t bytes) {
  constexpr std::size_t kLine = 64;
  for (std::size_t at = 0; at < bytes; at += kLine) __builtin_prefetch(static_cast<const char*>(row) + at);
}

template <class T>
void gather_rows(const Data& data, const Examples& examples, std::span<const std::uint32_t> indices,
                 std::span<const Jitter> jitter, float* out) {
  const Extent& image = examples.image;
  const std::int64_t size = image.size(), plane = image.height * image.width;
  const auto count = static_cast<std::int64_t>(indices.size());
  const T* const pixels = examples.pixels.as<T>().data();
  std::vector<Affine> affines;
  for (std::size_t c = 0; c < data.mean.size(); ++c)
    affines.push_back(affine_of<T>(data.mean[c], data.stddev[c]));
  constexpr std::int64_t kWorthThreads = 1 << 14;
#pragma omp parallel if (count * size > kWorthThreads)
  {
    std::vector<T> moved(jitter.empty() ? 0 : static_cast<std::size_t>(size));
#pragma omp for schedule(static)
    for (std::int64_t i = 0; i < count; ++i) {
      const auto place = static_cast<std::size_t>(i);
      const T* row = pixels + indices[place] * size;
      if (i + 1 < count)
        prefetch(pixels + indices[place + 1] * size, static_cast<std::size_t>(size) * sizeof(T));
      if (!jitter.empty()) {
        move_pixels(row, moved.data(), image, jitter[place]);
        row = moved.data();
      }
      for (std::int64_t c = 0; c < image.channels; ++c)
        normalise(row + c * plane, out + i * size + c * plane, plane, affines[static_cast<std::size_t>(c)]);
    }
  }
}

}  // namespace

void gather(const Data& data, Split split, std::span<const std::uint32_t> indices,
            std::span<const Jitter> jitter, float* out) {
  const Examples& examples = data.examples(split);
  if (!jitter.empty() && jitter.size() != indices.size())
    throw Failure(fmt::format("internal: {} jitters for {} examples", jitter.size(), indices.size()));
  for (const std::uint32_t index : indices) {
    if (index >= examples.labels.size())
      throw Failure(fmt::format("internal: example {} of {}", index, examples.labels.size()));
  }
  if (examples.pixels.dtype == DType::kU8) {
    gather_rows<std::uint8_t>(data, examples, indices, jitter, out);
  } else {
    gather_rows<float>(data, examples, indices, jitter, out);
  }
}

std::vector<Jitter> draw_jitter(std::uint64_t seed, std::uint64_t level, std::uint64_t epoch,
                                std::int64_t first, std::int64_t count) {
  const Stream stream(seed, "jitter", level, epoch);
  constexpr std::uint32_t kPositions = 9;  // -4 to 4
  std::vector<Jitter> drawn;
  drawn.reserve(static_cast<std::size_t>(count));
  for (std::int64_t i = first; i < first + count; ++i) {
    // One word an example: 15 bits down, 16 bits across, the lowest one for the mirror.
    const std::uint32_t bits = stream.bits(static_cast<std::uint64_t>(i));
    drawn.push_back({static_cast<std::int8_t>(static_cast<int>((bits >> 17) * kPositions >> 15) - 4),
                     static_cast<std::int8_t>(static_cast<int>((bits >> 1 & 0xffff) * kPositions >> 16) - 4),
                     (bits & 1) != 0});
  }
  return drawn;
}

}  // namespace coppice
