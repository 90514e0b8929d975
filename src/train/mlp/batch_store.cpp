#include "train/mlp/batch_store.h"

namespace coppice {

BatchStore::BatchStore(const Data& data, std::int64_t capacity)
    : data_(data),
      pixels_(data.pool.image.size()),
      images_(capacity * pixels_),
      labels_(static_cast<std::size_t>(capacity)) {}

void BatchStore::gather(const Batch& batch, Range mine) {
  if (mine.size() == 0) return;
  const auto begin = static_cast<std::size_t>(mine.begin), size = static_cast<std::size_t>(mine.size());
  const std::vector<std::int32_t>& labels = data_.examples(batch.split).labels;
  for (std::size_t n = begin; n < begin + size; ++n) labels_[n] = labels.at(batch.indices[n]);
  const std::span<const Jitter> jitter(batch.jitter);
  coppice::gather(data_, batch.split, std::span(batch.indices).subspan(begin, size),
                  jitter.empty() ? jitter : jitter.subspan(begin, size),
                  images_.data() + mine.begin * pixels_);
}

void BatchStore::prefetch(const Batch& batch, Range mine) const {
  constexpr std::int64_t kLine = 64;
  const Tensor& pixels = data_.examples(batch.split).pixels;
  const std::int64_t bytes = pixels_ * static_cast<std::int64_t>(size_of(pixels.dtype));
  for (std::int64_t n = mine.begin; n < mine.end; ++n) {
    const std::uint32_t index = batch.indices[static_cast<std::size_t>(n)];
    const std::byte* image = pixels.bytes.data() + index * bytes;
    for (std::int64_t at = 0; at < bytes; at += kLine) __builtin_prefetch(image + at, 0, 2);
    __builtin_prefetch(data_.examples(batch.split).labels.data() + index, 0, 2);
  }
}

}  // namespace coppice
