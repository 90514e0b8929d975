#include "coppice/error.h"
#include "coppice/random.h"

#include <algorithm>

#include <fmt/format.h>

#include "data/stores.h"

// The synthetic task: each class has a few prototypes in a space of six dimensions, drawn so that no linear
// model separates the classes, and an image is the sum of six fixed patterns of light and dark blocks,
// weighted by its jittered prototype, plus noise in every pixel. Linear models reach about half of what a
// small multilayer perceptron does, which comes to 90% and more. All in integers, so that the same config
// gives the same bytes everywhere.

namespace coppice::data {

namespace {

constexpr std::int64_t kLatent = 6;
constexpr std::int64_t kPrototypes = 3;
constexpr std::int64_t kMaxClasses = 1 << 16;
constexpr std::int64_t kMaxBytes = std::int64_t{1} << 34;

void check(const DataConfig& config) {
  const auto& shape = config.synthetic_shape;
  if (shape.size() != 3 ||
      std::ranges::any_of(shape, [](std::int64_t side) { return side < 1 || side > 65536; }))
    throw BadInput("data.synthetic_shape: must be [channels, height, width], each from 1 to 65536");
  if (config.synthetic_classes < 2 || config.synthetic_classes > kMaxClasses) {
    throw BadInput(fmt::format("data.synthetic_classes: {} is not between 2 and {}", config.synthetic_classes,
                               kMaxClasses));
  }
  // A sixth is the test set, and there must be one of each.
  if (config.synthetic_examples < 6)
    throw BadInput(fmt::format("data.synthetic_examples: {} is below 6", config.synthetic_examples));
  if (config.synthetic_examples > kMaxBytes || element_count(shape) > kMaxBytes / config.synthetic_examples) {
    throw BadInput(
        fmt::format("data.synthetic_examples: {} images of {}x{}x{} are more than {} bytes; ask for fewer",
                    config.synthetic_examples, shape[0], shape[1], shape[2], kMaxBytes));
  }
}

/// The two low bytes' sum about its middle: in [-255, 255], triangular, standard deviation 104.
int triangular(std::uint32_t bits) { return static_cast<int>((bits & 255) + (bits >> 8 & 255)) - 255; }

/// kLatent patterns of +1 and -1, constant over blocks of about an eighth of the image: [kLatent, c, h, w].
std::vector<std::int8_t> make_patterns(const DataConfig& config) {
  const std::int64_t channels = config.synthetic_shape[0];
  const std::int64_t height = config.synthetic_shape[1], width = config.synthetic_shape[2];
  const std::int64_t block = std::max<std::int64_t>(1, std::min(height, width) / 8);
  const std::int64_t rows = (height + block - 1) / block, columns = (width + block - 1) / block;
  const Stream stream(config.synthetic_seed, "synthetic-patterns");
  std::vector<std::int8_t> patterns;
  for (std::int64_t plane = 0; plane < kLatent * channels; ++plane) {
    for (std::int64_t y = 0; y < height; ++y) {
      for (std::int64_t x = 0; x < width; ++x) {
        const std::int64_t cell = (plane * rows + y / block) * columns + x / block;
        patterns.push_back(stream.bits(static_cast<std::uint64_t>(cell)) % 2 == 0 ? 1 : -1);
      }
    }
  }
  return patterns;
}

}  // namespace

Stores make_synthetic(const DataConfig& config) {
  check(config);
  const Extent image{config.synthetic_shape[0], config.synthetic_shape[1], config.synthetic_shape[2], false};
  const std::int64_t pixels = image.size(), classes = config.synthetic_classes;
  const std::vector<std::int8_t> patterns = make_patterns(config);
  const Stream prototypes(config.synthetic_seed, "synthetic-prototypes");
  const Stream jitter(config.synthetic_seed, "synthetic-jitter");
  const Stream noise(config.synthetic_seed, "synthetic-noise");

  const auto fill = [&](std::int64_t first, std::int64_t count) {
    Examples examples{
        image, Tensor::zeros(DType::kU8, {count, image.channels, image.height, image.width}), {}};
    examples.labels.resize(static_cast<std::size_t>(count));
    std::uint8_t* const out = examples.pixels.as<std::uint8_t>().data();
#pragma omp parallel for schedule(static)
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t example = first + i, label = example % classes;
      examples.labels[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(label);
      const auto draw = static_cast<std::uint64_t>(example * (kLatent + 1));
      const std::int64_t prototype = label * kPrototypes + jitter.below(draw, kPrototypes);
      int weight[kLatent];
      for (std::int64_t j = 0; j < kLatent; ++j) {
        const int centre =
            static_cast<int>(prototypes.below(static_cast<std::uint64_t>(prototype * kLatent + j), 65)) - 32;
        weight[j] = centre + triangular(jitter.bits(draw + 1 + static_cast<std::uint64_t>(j))) / 16;
      }
      for (std::int64_t p = 0; p < pixels; ++p) {
        int sum = 0;
        for (std::int64_t j = 0; j < kLatent; ++j)
          sum += weight[j] * patterns[static_cast<std::size_t>(j * pixels + p)];
        // Two pixels from each word of noise.
        const auto place = static_cast<std::uint64_t>(example * pixels + p);
        const int grain = triangular(noise.bits(place / 2) >> (place % 2 * 16)) / 4;
        out[i * pixels + p] = static_cast<std::uint8_t>(std::clamp(128 + sum * 3 / 4 + grain, 0, 255));
      }
    }
    return examples;
  };
  const std::int64_t test = config.synthetic_examples / 6;
  const std::int64_t train = config.synthetic_examples - test;
  return {classes, fill(0, train), fill(train, test)};
}

}  // namespace coppice::data
