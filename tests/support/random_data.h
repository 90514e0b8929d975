#pragma once
#include "coppice/data.h"
#include "coppice/mask.h"
#include "coppice/network.h"
#include "coppice/random.h"

#include <string>

namespace coppice {

/// A data set of random bytes: `count` examples in the pool, all but `validation` of them for training, and
/// 33 test examples. Labels depend on the pixels, so that there is something to learn.
inline Data random_data(Extent image, std::int64_t classes, std::int64_t count, std::int64_t validation = 0) {
  Data data;
  data.name = "random";
  data.classes = classes;
  for (Examples* examples : {&data.pool, &data.test}) {
    const std::int64_t n = examples == &data.pool ? count : 33;
    const Stream stream(examples == &data.pool ? 1 : 2, "test");
    examples->image = image;
    examples->pixels = Tensor::zeros(DType::kU8, {n, image.channels, image.height, image.width});
    const auto pixels = examples->pixels.as<std::uint8_t>();
    for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(stream.bits(i));
    for (std::int64_t i = 0; i < n; ++i) {
      const std::uint32_t first = pixels[static_cast<std::size_t>(i * image.size())];
      examples->labels.push_back(
          static_cast<std::int32_t>(first * static_cast<std::uint32_t>(classes) / 256));
    }
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    (i < count - validation ? data.train : data.validation).push_back(i);
  }
  for (std::int64_t c = 0; c < image.channels; ++c) {
    data.mean.push_back(0.45f + 0.02f * static_cast<float>(c));
    data.stddev.push_back(0.25f + 0.03f * static_cast<float>(c));
  }
  return data;
}

/// Random masks for every prunable weight of a network.
inline Masks random_masks(const Network& network, double density) {
  Masks masks;
  for (const TensorSpec& spec : prunable_tensors(network, {})) {
    Mask mask = Mask::ones(spec.shape);
    const Stream stream(3, spec.name);
    for (std::int64_t i = 0; i < mask.size(); ++i) {
      if (stream.uniform(static_cast<std::uint64_t>(i)) >= density) mask.set(i, false);
    }
    masks.push_back({spec.name, mask});
  }
  return masks;
}

}  // namespace coppice
