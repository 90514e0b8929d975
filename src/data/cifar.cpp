#include "data/cifar.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace coppice::data {

static constexpr std::size_t kPixels = 3 * 32 * 32;

static void check_label(std::byte label, std::int64_t classes, std::string_view what, std::size_t record,
                        std::size_t offset, const Source& source) {
  const int number = std::to_integer<int>(label);
  if (number < classes) return;
  refuse(source, fmt::format("{} {} of record {} (offset {}) is not one of the {} classes 0 to {}", what,
                             number, record, offset, classes, classes - 1));
}

void parse_cifar(std::span<const std::byte> file, const CifarForm& form, const Source& source,
                 Examples& examples) {
  const std::size_t size = form.record_bytes();
  const std::size_t count = file.size() / size;
  if (file.empty() || file.size() % size != 0) {
    const CifarForm other{form.coarse == 0 ? 20 : 0, form.coarse == 0 ? 100 : 10};
    const bool swapped = !file.empty() && file.size() % other.record_bytes() == 0;
    refuse(
        source,
        fmt::format(
            "{} bytes are not a whole number of records of {} bytes: the last one, at offset {}, has {}{}",
            grouped(static_cast<long long>(file.size())), grouped(static_cast<long long>(size)), count * size,
            file.size() % size, swapped ? fmt::format(" (the size fits CIFAR-{})", other.classes) : ""));
  }
  std::vector<std::byte>& pixels = examples.pixels.bytes;
  const std::size_t before = pixels.size();
  pixels.resize(before + count * kPixels);
  examples.labels.reserve(examples.labels.size() + count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto record = file.subspan(i * size, size);
    if (form.coarse != 0) check_label(record[0], form.coarse, "coarse label", i, i * size, source);
    const std::size_t fine = form.label_bytes() - 1;
    check_label(record[fine], form.classes, "label", i, i * size + fine, source);
    examples.labels.push_back(std::to_integer<std::int32_t>(record[fine]));
    std::copy_n(record.begin() + static_cast<std::ptrdiff_t>(fine + 1), kPixels,
                pixels.begin() + static_cast<std::ptrdiff_t>(before + i * kPixels));
  }
  examples.image = {3, 32, 32, false};
  examples.pixels.dtype = DType::kU8;
  examples.pixels.shape = {examples.count(), 3, 32, 32};
}

}  // namespace coppice::data
