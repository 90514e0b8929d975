#include "compare/test_accuracy.h"

#include "coppice/error.h"

#include <algorithm>

#include "base/interrupt.h"

namespace coppice {

std::vector<float> test_images(const Data& data, std::int64_t begin, std::int64_t count) {
  std::vector<std::uint32_t> indices;
  for (std::int64_t i = 0; i < count; ++i)
    indices.push_back(data.index(Split::kTest, (begin + i) % data.test.count()));
  std::vector<float> images(static_cast<std::size_t>(count * data.test.image.size()));
  gather(data, Split::kTest, indices, {}, images.data());
  return images;
}

double test_accuracy(const Data& data, std::int64_t batch, std::int64_t classes, const Inference& run) {
  const std::int64_t total = data.test.count();
  std::vector<float> logits(static_cast<std::size_t>(batch * classes));
  std::int64_t correct = 0;
  for (std::int64_t begin = 0; begin < total; begin += batch) {
    if (interrupted()) throw Interrupted("interrupted while accuracies were measured");
    run(test_images(data, begin, batch).data(), logits.data());
    for (std::int64_t i = 0; i < std::min(batch, total - begin); ++i) {
      const float* row = logits.data() + i * classes;
      correct +=
          std::max_element(row, row + classes) - row == data.test.labels[data.index(Split::kTest, begin + i)];
    }
  }
  return static_cast<double>(correct) / static_cast<double>(total);
}

}  // namespace coppice
