#include "data/excerpt.h"

#include "coppice/random.h"

#include <algorithm>
#include <cstring>

namespace coppice::data {

namespace {

std::vector<std::uint32_t> draw(std::int64_t count, std::int64_t at_most, std::string_view purpose) {
  std::vector<std::uint32_t> places = Stream(0, purpose).permutation(static_cast<std::uint32_t>(count));
  if (at_most > 0 && at_most < count) places.resize(static_cast<std::size_t>(at_most));
  std::sort(places.begin(), places.end());
  return places;
}

/// Examples of one store, in the order of `indices`, after those that `out` holds already.
void append(Examples& out, const Examples& from, const std::vector<std::uint32_t>& indices) {
  const std::size_t row = static_cast<std::size_t>(from.image.size()) * size_of(from.pixels.dtype);
  const std::size_t before = out.pixels.bytes.size();
  out.image = from.image;
  out.pixels.dtype = from.pixels.dtype;
  out.pixels.bytes.resize(before + indices.size() * row);
  for (std::size_t i = 0; i < indices.size(); ++i) {
    std::memcpy(out.pixels.bytes.data() + before + i * row, from.pixels.bytes.data() + indices[i] * row, row);
    out.labels.push_back(from.labels[indices[i]]);
  }
  out.pixels.shape = {out.count(), from.image.channels, from.image.height, from.image.width};
}

}  // namespace

Data excerpt(const Data& data, std::int64_t at_most) {
  Data out;
  out.name = data.name;
  out.classes = data.classes;
  out.mean = data.mean;
  out.stddev = data.stddev;
  out.augment = data.augment;
  out.sha256 = data.sha256;
  const auto take = [&](Split split, std::string_view purpose, Examples& store,
                        std::vector<std::uint32_t>* places) {
    const auto first = static_cast<std::uint32_t>(store.count());
    std::vector<std::uint32_t> indices = draw(data.count(split), at_most, purpose);
    for (std::uint32_t& index : indices) index = data.index(split, index);
    append(store, data.examples(split), indices);
    for (std::uint32_t i = 0; places && i < indices.size(); ++i) places->push_back(first + i);
  };
  take(Split::kTrain, "excerpt train", out.pool, &out.train);
  take(Split::kValidation, "excerpt validation", out.pool, &out.validation);
  take(Split::kTest, "excerpt test", out.test, nullptr);
  return out;
}

}  // namespace coppice::data
